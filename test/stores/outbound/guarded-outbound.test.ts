import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outboundContract } from '../../ports/outbound.contract.ts';
import { checkout, type PartName } from '../../support/parts.ts';
import { receiverCertificate } from '../../support/receiver-certificate.ts';
import { startProcess } from '../../support/running-process.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

// The permissions of `deno task start` (deno.json) that calls need.
const allowed = ['--allow-net', '--allow-env', '--allow-read', '--allow-sys'];
const script = join(import.meta.dir, 'run-scenarios.ts');

// In separate processes, on Bun too, because a process reads the trusted certificates when it starts.
await callsThatGoOut('Bun', [], () => [process.execPath, script]);
await callsThatGoOut('Deno', ['deno'], ({ deno }) => [deno, 'run', '--quiet', ...allowed, script]);

function callsThatGoOut<Name extends PartName>(
  runtime: string,
  parts: Name[],
  commandOf: (paths: Record<Name, string>) => string[],
): Promise<void> {
  return suiteWith(parts, `on ${runtime}`, (paths) => {
    outboundContract('calls that go out', async () => {
      const trusted = join(temporaryDirectory('certificate'), 'trusted.pem');
      writeFileSync(trusted, receiverCertificate);
      const [command = '', ...args] = commandOf(paths);
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: trusted, DENO_NO_UPDATE_CHECK: '1' };
      const run = startProcess(command, args, { cwd: checkout, env });
      await run.exited;
      const line = /^results: (.*)$/m.exec(run.output())?.[1];
      if (line === undefined) throw new Error(`the scenarios gave no results:\n${run.output()}`);
      return JSON.parse(line);
    });
  });
}
