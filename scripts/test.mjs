// npm test: installs what is missing, then `bun test` with the arguments given (`npm test -- test/x.test.ts`).
import { ensureInstalled, exitWith, root, runBun } from './bun.mjs';

await exitWith(async () => {
  await ensureInstalled();
  // --no-orphans: a test run that is killed leaves no server behind. --timeout: bunfig.toml's is not read, and
  // tests that start real servers need more than Bun's five seconds.
  return runBun(['test', '--no-orphans', '--timeout=60000', ...process.argv.slice(2)], { cwd: root });
});
