// The build of the program as one file.
import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtBinary } from '../support/built-binary.ts';
import { answerOf } from '../support/mayfly-command.ts';
import { checkout } from '../support/parts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

setDefaultTimeout(240_000);

test('gives the same bytes in another folder, and names no folder', async () => {
  const first = readFileSync(await builtBinary());
  expect(first.includes(checkout)).toBe(false);
  const folder = join(copyOfCheckout(), 'built');
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };
  const command = [process.execPath, 'scripts/build-binary.ts', '--outfile', join(folder, 'mayfly')];
  const { code, stderr } = await answerOf(command, { cwd: join(folder, '..'), env });
  expect([code, stderr]).toEqual([0, '']);
  expect(readFileSync(join(folder, 'mayfly')).equals(first)).toBe(true);
});

/** The checkout with the installed packages, without what was built. On the same disk, so that links are enough. */
function copyOfCheckout(): string {
  const parent = join(checkout, '.cache');
  mkdirSync(parent, { recursive: true });
  const copy = temporaryDirectory('copy', parent);
  // Other tests may compile lib/ at the same time.
  const left = /^(?:\.git|\.cache|build|dist|lib(?:\.unfinished)?)$/;
  const names = readdirSync(checkout).filter((name) => !left.test(name));
  const copied = Bun.spawnSync(['cp', '-al', ...names.map((name) => join(checkout, name)), copy]);
  if (!copied.success) throw new Error(`cp: ${copied.stderr}`);
  return copy;
}
