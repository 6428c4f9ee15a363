// Preloaded by bunfig.toml, so that `bun test` works in a fresh checkout too.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ensureWebBuilt } from './build-web.mjs';
import { ensureInstalled } from './packages.mjs';

if (await ensureInstalled('all')) {
  // This Bun has cached that node_modules is missing, so the tests must start again.
  process.exit(rerun());
}
await ensureWebBuilt();

function rerun() {
  try {
    const [command, ...args] = readFileSync('/proc/self/cmdline', 'utf8').split('\0').slice(0, -1);
    return spawnSync(command, args, { stdio: 'inherit' }).status ?? 1;
  } catch {
    console.error('mayfly: the dependencies are installed now; run the tests again');
    return 1;
  }
}
