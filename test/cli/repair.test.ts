import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayflyCommand } from '../support/mayfly-command.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

setDefaultTimeout(60_000);

const dataDir = temporaryDirectory('data');
const run = (...args: string[]) => mayflyCommand(dataDir, args);

// docs/operations.md, "Do rows and bytes agree"
test('`check --repair` enters blobs without a row in the journal, and a sweep removes them', async () => {
  await run('plans', 'set', 'some', '--storage', '1GiB');
  const key = '0123456789abcdef0123456789abcdef';
  const folder = join(dataDir, 'blobs', '01');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, key), 'left by a restore');

  const found = await run('check');
  expect([found.code, JSON.parse(found.stdout).orphans]).toEqual([1, [key]]);
  const repaired = await run('check', '--repair');
  expect(JSON.parse(repaired.stdout)).toMatchObject({ orphans: [], journaled: 1, recovered: 0 });
  expect(repaired.code).toBe(0);
  expect(JSON.parse((await run('sweep')).stdout).blobs).toBe(1);
  expect(existsSync(join(folder, key))).toBe(false);
  expect((await run('check')).code).toBe(0);
});

test('`restored` refuses a database file, and a time without an offset', async () => {
  const onFile = await run('restored', '--until', '2026-01-31 12:00:00+00');
  expect([onFile.code, onFile.stdout]).toEqual([1, '']);
  expect(onFile.stderr).toMatch(/^mayfly: only a database server [^\n]*mayfly restore\n$/);
  for (const time of ['yesterday', '2026-01-31T12:00:00', '2026-01-31', '2026-02-30T12:00:00Z'])
    expect((await run('restored', '--until', time)).stderr).toContain('an offset or Z');
});
