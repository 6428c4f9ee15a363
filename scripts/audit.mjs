// npm run audit: asks the registry for known vulnerabilities of the packages in bun.lock. Exits with 0 if there are
// none, with 1 if there are some, and with 2 if the registry does not answer.
import { spawnSync } from 'node:child_process';
import { ensureInstalled } from './packages.mjs';
import { bunPath, exitWith, root } from './runtime.mjs';

/** The registry could not be reached, or does not offer advisories. */
const unanswered = 2;

await exitWith(async () => {
  await ensureInstalled('server');
  const { status, stdout, stderr } = spawnSync(bunPath(), ['audit', ...process.argv.slice(2)], {
    cwd: root,
    encoding: 'utf8',
  });
  const failure = /^error: .*$/m.exec(`${stdout}\n${stderr}`)?.[0];
  if (failure !== undefined) {
    console.error(
      `mayfly: the registry does not answer requests for advisories (${failure}); use one that does`,
    );
    return unanswered;
  }
  process.stdout.write(stdout);
  return status ?? unanswered;
});
