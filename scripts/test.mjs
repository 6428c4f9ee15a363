// npm test: installs what is missing, then `bun test` with the arguments given (`npm test -- test/x.test.ts`).
import { cpus } from 'node:os';
import { ensureInstalled, exitWith, root, runBun } from './bun.mjs';

await exitWith(async () => {
  await ensureInstalled();
  // --no-orphans: a killed test run leaves no server behind. --timeout: Bun ignores that of bunfig.toml, and
  // tests that start real servers need more than Bun's five seconds.
  // Most tests wait for their own servers: as many concurrent files as cores halve the time.
  const parallel = `--parallel=${cpus().length}`;
  return runBun(['test', '--no-orphans', '--timeout=60000', parallel, ...process.argv.slice(2)], {
    cwd: root,
  });
});
