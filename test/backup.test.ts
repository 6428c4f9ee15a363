import { expect, setDefaultTimeout, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { openConnection } from '../src/stores/sqlite/database/connection.ts';
import { SqliteMoveSource } from '../src/stores/sqlite/moving/move-source.ts';
import { expectOneLine } from './cli/one-line.ts';
import { bytesOf, textOf } from './faults/content.ts';
import { post, readRaw, remove, statusOf } from './faults/requests.ts';
import { backUp, backupName, filesIn, filesWith, restore } from './support/backups.ts';
import { mayflyCommand, mayflyOutput } from './support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from './support/mayfly-process.ts';
import { olderDatabase } from './support/older-database.ts';
import { checkout } from './support/parts.ts';
import { startProcess } from './support/running-process.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

// Rules: docs/operations.md, "Backup".
setDefaultTimeout(120_000);

const smallSize = 1000;
const largeSize = 100_000;

/** Creates `count` small and as many large payloads. @returns Their contents by id. */
async function create({ url }: MayflyProcess, label: string, count: number): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  for (let n = 0; n < count; n += 1)
    for (const size of [smallSize, largeSize]) {
      const content = textOf(`${label} ${n} ${size}`, size);
      made.set(await post(url, { content }), content);
    }
  return made;
}

test('a backup under load has everything that was acknowledged before it, and no counted payload', async () => {
  // Sweeps remove blobs of deleted payloads while the backup copies them.
  const mayfly = await startMayfly({ env: { SWEEP_CRON: '* * * * * *' } });
  const [kept, deleted] = [await create(mayfly, 'kept', 50), await create(mayfly, 'deleted', 50)];
  const counted = [
    await post(mayfly.url, { content: textOf('counted', smallSize), max_reads: 2 }),
    await post(mayfly.url, { content: textOf('counted', largeSize), max_reads: 2 }),
  ];
  let isDone = false;
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let round = 0; !isDone; round += 1) await create(mayfly, `${writer} ${round}`, 2);
  });
  const deletes = (async () => {
    for (const id of deleted.keys()) await remove(mayfly.url, id);
  })();
  const backup = await backUp(mayfly.dataDir);
  isDone = true;
  await Promise.all([...writers, deletes]);
  await mayfly.kill();

  const { dataDir } = await restore(backup);
  const report = JSON.parse(await mayflyOutput(dataDir, ['check'])) as Record<string, unknown>;
  expect(report).toMatchObject({ damage: [], missing: [], wrongSize: [], orphans: [], wrongUsage: [] });
  const restored = await startMayfly({ dataDir });
  for (const [id, content] of kept) expect(String(await readRaw(restored.url, id))).toBe(content);
  for (const id of counted) expect(await statusOf(`${restored.url}/raw/${id}`)).toBe(404);
  for (const [id, content] of deleted) {
    const response = await fetch(`${restored.url}/raw/${id}`);
    const body = await response.text();
    expect(response.status === 404 || body === content).toBe(true);
  }
  expect(await restored.stop()).toBe(0);
});

test('deleted content is in no file of a backup, even before a sweep', async () => {
  const mayfly = await startMayfly({ clockless: true });
  const marker = 'a marker of deleted content ';
  for (const size of [100, 4000, 50_000, 200_000]) {
    const content = marker.repeat(size / marker.length);
    const ids = await Promise.all(Array.from({ length: 20 }, () => post(mayfly.url, { content })));
    for (const id of ids) await remove(mayfly.url, id);
  }
  const content = textOf('kept', largeSize);
  await post(mayfly.url, { content });
  expect(filesWith(mayfly.dataDir, marker)).not.toEqual([]);
  const backup = await backUp(mayfly.dataDir);
  expect(filesWith(backup, marker)).toEqual([]);
  expect(filesWith(backup, content)).toHaveLength(1);
  await mayfly.stop();
});

test('a backup is private, describes itself, and can be checked with sha256sum', async () => {
  const mayfly = await startMayfly();
  await create(mayfly, 'some', 3);
  const backup = backupName();
  const command = [process.execPath, '--no-env-file', 'src/main.ts', 'backup', backup];
  // The umask of most shells.
  const shell = startProcess('bash', ['-c', 'umask 022; exec "$@"', 'bash', ...command], {
    cwd: checkout,
    env: { PATH: process.env.PATH, DATA_DIR: mayfly.dataDir },
  });
  expect([await shell.exited, shell.output()]).toEqual([
    0,
    `Backed up to ${JSON.stringify(backup)}: payloads: 6, objects: 0, accounts: 0, blobs: 3 (${3 * largeSize} bytes).\n`,
  ]);
  for (const entry of ['.', ...readdirSync(backup, { recursive: true, encoding: 'utf8' })]) {
    const { mode } = statSync(join(backup, entry));
    expect([entry, mode & 0o077]).toEqual([entry, 0]);
  }
  const blobs = filesIn(join(backup, 'blobs')).map((name) => join('blobs', name));
  expect(blobs).toHaveLength(3);
  expect(filesIn(backup)).toEqual(
    ['SHA256SUMS', 'manifest.json', 'mayfly.db', 'secret', ...blobs].toSorted(),
  );
  const { status, stdout } = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: backup });
  expect([status, String(stdout).trim().split('\n').length]).toEqual([0, 6]);
  const manifest = JSON.parse(readFileSync(join(backup, 'manifest.json'), 'utf8')) as { createdAt: string };
  expect(manifest).toMatchObject({ format: 1, payloads: 6, blobs: { count: 3, bytes: 3 * largeSize } });
  expect(Math.abs(Date.parse(manifest.createdAt) - Date.now())).toBeLessThan(120_000);
  const database = new Database(join(backup, 'mayfly.db'), { readonly: true });
  const incremental = 2;
  expect(database.pragma('auto_vacuum', { simple: true })).toBe(incremental);
  expect(database.pragma('journal_mode', { simple: true })).toBe('delete');
  database.close();
  await mayfly.stop();
});

test('damaged content is reported, and everything else is backed up', async () => {
  const mayfly = await startMayfly();
  const [content, lost] = [textOf('kept', largeSize), textOf('lost', largeSize)];
  const [id] = [await post(mayfly.url, { content }), await post(mayfly.url, { content: lost })];
  for (const name of filesWith(mayfly.dataDir, lost)) rmSync(join(mayfly.dataDir, name));
  const backup = backupName();
  const { code, stderr } = await mayflyCommand(mayfly.dataDir, ['backup', backup]);
  expect([code, stderr]).toEqual([
    1,
    'mayfly: the bytes of payload 2 are missing or damaged: see mayfly check\n',
  ]);
  const restored = await startMayfly({ dataDir: (await restore(backup)).dataDir });
  expect(String(await readRaw(restored.url, id))).toBe(content);
  await Promise.all([mayfly.stop(), restored.stop()]);
});

test('an existing destination is refused and stays as it is', async () => {
  const mayfly = await startMayfly();
  const backup = await backUp(mayfly.dataDir);
  const before = filesIn(backup);
  const empty = temporaryDirectory('empty');
  for (const path of [backup, empty])
    await expectOneLine(
      mayfly,
      ['backup', path],
      new RegExp(`"${path}" exists: give each backup its own name`),
    );
  expect([filesIn(backup), filesIn(empty)]).toEqual([before, []]);
  expect(readdirSync(dirname(backup))).toEqual([basename(backup)]);
  await mayfly.stop();
});

test('the destination must be in an existing folder', async () => {
  const mayfly = await startMayfly();
  const path = join(temporaryDirectory('backups'), 'typo', 'tonight');
  await expectOneLine(mayfly, ['backup', path], /cannot be used: it does not exist \(ENOENT\)/);
  await mayfly.stop();
});

test('a DATA_DIR without a database is refused, and nothing is created', async () => {
  const dataDir = temporaryDirectory('typo');
  const backup = backupName();
  await expectOneLine({ dataDir }, ['backup', backup], /no database at ".*": set DATA_DIR/);
  expect([readdirSync(dataDir), existsSync(backup)]).toEqual([[], false]);
});

test('a database with the schema of an earlier version is refused, and stays as it is', async () => {
  const file = olderDatabase('0003_reserved_storage', () => undefined);
  const before = readFileSync(file);
  await expectOneLine(
    { dataDir: dirname(file) },
    ['backup', backupName()],
    /has the schema of an earlier version: back it up with that version, or run mayfly migrate first/,
  );
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a backup during a move to PostgreSQL has no part in the move, and after it there is none', async () => {
  const dataDir = temporaryDirectory('moving');
  await mayflyOutput(dataDir, ['migrate']);
  const { raw } = openConnection(join(dataDir, 'mayfly.db'));
  const source = new SqliteMoveSource({ raw });
  await source.begin({ id: 'm', to: 'db.example/mayfly' });
  await source.stopWrites(60_000);
  const copy = new Database(join(await backUp(dataDir), 'mayfly.db'), { readonly: true });
  const marks = `SELECT name FROM sqlite_schema WHERE type = 'trigger' OR name = 'moved_changes'
    UNION ALL SELECT name FROM deployment`;
  expect([copy.prepare(marks).all(), raw.prepare(marks).all().length > 2]).toEqual([[], true]);
  copy.close();
  await source.end();
  raw.close();
  await expectOneLine(
    { dataDir },
    ['backup', backupName()],
    /has moved to db\.example\/mayfly: set DATABASE_URL/,
  );
});

test('PostgreSQL is referred to point-in-time recovery', async () => {
  const env = {
    DATABASE_URL: 'postgres://mayfly@localhost/mayfly',
    REDIS_URL: 'redis://localhost',
    SECRET: 'a secret of some length',
    S3_ENDPOINT: 'http://localhost',
    S3_BUCKET: 'mayfly',
    S3_ACCESS_KEY_ID: 'key',
    S3_SECRET_ACCESS_KEY: 'secret',
  };
  const dataDir = temporaryDirectory('nothing');
  for (const command of ['backup', 'restore'])
    await expectOneLine(
      { dataDir, env },
      [command, backupName()],
      /localhost\/mayfly, use point-in-time recovery/,
    );
});

test('copies of an object that share a file share one in the backup', async () => {
  const mayfly = await startMayfly();
  const key = await mayflyOutput(mayfly.dataDir, [
    'keys',
    'create',
    '--kind',
    'storage',
    '--account',
    'acme',
  ]);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const call = async (method: string, path: string, body: BodyInit) => {
    const response = await fetch(`${mayfly.url}/v1/${path}`, { method, headers, body });
    expect([path, response.ok]).toEqual([path, true]);
  };
  await call('POST', 'buckets', JSON.stringify({ name: 'builds' }));
  await call('PUT', 'buckets/builds/objects/one', bytesOf('object', largeSize) as BodyInit);
  await call(
    'POST',
    'buckets/builds/objects/one/copy',
    JSON.stringify({ destinationBucket: 'builds', destinationKey: 'two' }),
  );
  const backup = await backUp(mayfly.dataDir);
  const inodes = filesIn(join(backup, 'blobs')).map((name) => statSync(join(backup, 'blobs', name)).ino);
  expect([inodes.length, new Set(inodes).size]).toEqual([2, 1]);
  await mayfly.stop();
});

test('a long read of the database delays no request when a sweep ends', async () => {
  const mayfly = await startMayfly({ env: { SWEEP_CRON: '* * * * * *' } });
  const reader = new Database(join(mayfly.dataDir, 'mayfly.db'), { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM payloads').get();
  await post(mayfly.url, { content: 'soon gone', ttl: 1 });

  let slowest = 0;
  await waitFor('a sweep that removed it', async () => {
    const started = performance.now();
    const { ok } = await fetch(`${mayfly.url}/healthz`);
    slowest = Math.max(slowest, performance.now() - started);
    return ok && /"payloads":1,.*"msg":"sweep"/.test(mayfly.logs());
  });
  // SQLite would have waited for the reader for five seconds.
  expect(slowest).toBeLessThan(4000);
  reader.exec('ROLLBACK');
  reader.close();
  await mayfly.stop();
});
