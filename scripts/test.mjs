// npm test: installs what is missing, then `bun test` with the arguments given (`npm test -- test/x.test.ts`).
import { cpus } from 'node:os';
import { ensureInstalled, exitWith, root, runBun } from './bun.mjs';

await exitWith(async () => {
  await ensureInstalled();
  // --no-orphans: a test run that is killed leaves no server behind. --timeout: bunfig.toml's is not read, and
  // tests that start real servers need more than Bun's five seconds.
  // Most tests wait for servers of their own: as many files at once as there are cores take half the time.
  const parallel = `--parallel=${cpus().length}`;
  return runBun(['test', '--no-orphans', '--timeout=60000', parallel, ...process.argv.slice(2)], {
    cwd: root,
  });
});
