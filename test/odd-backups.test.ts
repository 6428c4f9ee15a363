import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expectOneLine } from './cli/one-line.ts';
import { bytesOf } from './faults/content.ts';
import { put } from './faults/requests.ts';
import { backUp, filesIn, replaceIn } from './support/backups.ts';
import { mayflyCommand } from './support/mayfly-command.ts';
import { startMayfly } from './support/mayfly-process.ts';
import { isRoot } from './support/other-user.ts';
import { checkout } from './support/parts.ts';
import { suiteWith } from './support/suite-with.ts';
import { mountTmpfs, temporaryDirectory } from './support/temporary-directory.ts';

// Rules: docs/operations.md, "Backup" and "Restore".
setDefaultTimeout(120_000);

let dataDir: string;
let backup: string;

beforeAll(async () => {
  const mayfly = await startMayfly({ clockless: true });
  ({ dataDir } = mayfly);
  for (let count = 0; count < 8; count += 1) await put(mayfly.url, bytesOf(`blob ${count}`, 1024 * 1024));
  await mayfly.stop();
  backup = await backUp(dataDir);
});

function copyOfBackup(folder = temporaryDirectory('backups')): string {
  const copy = join(folder, 'copy');
  cpSync(backup, copy, { recursive: true });
  return copy;
}

test('a backup that nobody may change is restored by a user without privileges', async () => {
  const copy = copyOfBackup();
  const into = temporaryDirectory('restored');
  const paths = ['', ...(readdirSync(copy, { recursive: true }) as string[])].map((name) => join(copy, name));
  for (const path of paths) chmodSync(path, 0o500);
  // Permissions then apply to root too.
  const withoutPrivileges = isRoot ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
  const command = [process.execPath, '--no-env-file', join(checkout, 'src/main.ts'), 'restore', copy];
  const child = Bun.spawn([...withoutPrivileges, ...command], {
    cwd: into,
    env: { PATH: process.env.PATH ?? '', HOME: into, DATA_DIR: into },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  expect([await new Response(child.stderr).text(), await child.exited]).toEqual(['', 0]);
  expect(filesIn(join(into, 'blobs'))).toHaveLength(8);
  // So that it can be removed.
  for (const path of paths) chmodSync(path, 0o700);
});

test('a path in the place of the key of a blob leads nowhere', async () => {
  const copy = copyOfBackup();
  const file = join(copy, 'mayfly.db');
  const raw = new Database(file);
  raw
    .prepare(
      "UPDATE payloads SET blob_key = '../outside', size = 7 WHERE id = (SELECT min(id) FROM payloads)",
    )
    .run();
  raw.close();
  replaceIn(copy, 'mayfly.db', readFileSync(file));
  // Where the key leads to.
  writeFileSync(join(dirname(copy), 'outside'), 'outside');
  const into = join(temporaryDirectory('restored'), 'data');
  await expectOneLine({ dataDir: into }, ['restore', copy], /is damaged: .* is missing or has another size/);
  expect(filesIn(dirname(into))).toEqual([]);
});

await suiteWith(['tmpfs'], 'a full disk', () => {
  test('of the destination is named, and nothing is left on it', async () => {
    const disk = mountTmpfs(4 * 1024 * 1024);
    if (disk === undefined) throw new Error('no tmpfs');
    for (const [at, args] of [
      [dataDir, ['backup', join(disk.path, 'backup')]],
      [join(disk.path, 'data'), ['restore', backup]],
    ] as const) {
      const { code, stderr } = await mayflyCommand(at, [...args]);
      expect(stderr).toMatch(/^mayfly: "[^\n]+\n$/);
      expect(stderr).toContain(`"${disk.path}`);
      expect(stderr).toMatch(/free (some )?space/);
      expect(code).toBe(1);
      expect(filesIn(disk.path)).toEqual([]);
    }
    disk.unmount();
  });
});
