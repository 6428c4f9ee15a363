// The command line from a checkout, on any Node: installs what is missing, then hands over to Bun. Nothing of
// src/ is loaded here, because better-sqlite3 crashes Node versions older than 22.
import { join } from 'node:path';
import { buildWebIfPossible } from './build-web.mjs';
import { ensureInstalled } from './packages.mjs';
import { exitWith, root, runBun } from './runtime.mjs';

await exitWith(async () => {
  await ensureInstalled('server');
  const [command = 'serve'] = process.argv.slice(2);
  if (command === 'serve') await buildWebIfPossible();
  // The working directory can be of any origin: its bunfig.toml could run code and its .env name another server.
  // By its tsconfig.json, or that of no folder, Bun would take the pages for another library's.
  const own = [
    '--no-env-file',
    `--config=${join(root, 'bunfig.toml')}`,
    `--tsconfig-override=${join(root, 'tsconfig.json')}`,
  ];
  return runBun([...own, join(root, 'src', 'main.ts'), ...process.argv.slice(2)]);
});
