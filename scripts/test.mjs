// npm test: installs what is missing, then `bun test` with the arguments given (`npm test -- test/x.test.ts`).
import { cpus } from 'node:os';
import { ensureInstalled } from './packages.mjs';
import { exitWith, root, runBun } from './runtime.mjs';

await exitWith(async () => {
  await ensureInstalled('all');
  // --no-orphans: a killed test run leaves no server behind. --timeout: Bun ignores that of bunfig.toml, and
  // tests that start real servers need more than Bun's five seconds.
  // Most tests wait for their own servers half of the time, so two files more than there are cores. The slowest files
  // start first, so that none runs alone at the end.
  const order = [`--parallel=${cpus().length + 2}`, '--timings=test/timings.json'];
  return runBun(['test', '--no-orphans', '--timeout=60000', ...order, ...process.argv.slice(2)], {
    cwd: root,
  });
});
