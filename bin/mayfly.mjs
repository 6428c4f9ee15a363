#!/usr/bin/env node
// The command line from a checkout, on any Node: installs what is missing, then hands over to Bun. Nothing of
// src/ is loaded here, because better-sqlite3 crashes Node versions older than 22.
import { join } from 'node:path';
import { ensureWebBuilt } from '../scripts/build-web.mjs';
import { ensureInstalled, exitWith, root, runBun } from '../scripts/bun.mjs';

await exitWith(async () => {
  await ensureInstalled();
  const [command = 'serve'] = process.argv.slice(2);
  if (command === 'serve') await ensureWebBuilt();
  return runBun([join(root, 'src', 'main.ts'), ...process.argv.slice(2)]);
});
