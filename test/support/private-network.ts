import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './parts.ts';
import { startProcess } from './running-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const setUp = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$@"';

/**
 * A command that runs another one in a separate network and mount namespace. It has only loopback, and name queries
 * go to 127.0.0.1:53, where `startNameServer` may listen. It needs the dependency `namespaces`.
 *
 * @param settings More lines of its resolv.conf.
 */
export function inPrivateNetwork(command: string[], settings = ''): string[] {
  const file = join(temporaryDirectory('network'), 'resolv.conf');
  writeFileSync(file, `nameserver 127.0.0.1\n${settings}\n`);
  return ['unshare', '--map-root-user', '--mount', '--net', 'sh', '-c', setUp, file, ...command];
}

/** Runs a script to its end, and parses its output line `results: JSON`. @throws Error without that line */
export async function resultsOf(command: string[]): Promise<Record<string, unknown>> {
  const [program = '', ...args] = command;
  const run = startProcess(program, args, {
    cwd: checkout,
    env: { ...process.env, DENO_NO_UPDATE_CHECK: '1' },
  });
  await run.exited;
  const line = /^results: (.*)$/m.exec(run.output())?.[1];
  if (line === undefined) throw new Error(`the script gave no results:\n${run.output()}`);
  return JSON.parse(line);
}
