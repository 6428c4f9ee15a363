// Runs the pinned Bun with the arguments given, and with all packages installed: `node scripts/bun.mjs test FILE`.
import { ensureInstalled } from './packages.mjs';
import { exitWith, runBun } from './runtime.mjs';

await exitWith(async () => {
  await ensureInstalled('all');
  return runBun(process.argv.slice(2));
});
