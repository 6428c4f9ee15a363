import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expectOneLine } from './cli/one-line.ts';
import { bytesOf, textOf } from './faults/content.ts';
import { post, put, readRaw, statusOf } from './faults/requests.ts';
import { readStored } from './faults/stored.ts';
import { backUp, backupName, damage, filesIn, filesWith, replaceIn, restore } from './support/backups.ts';
import { mayflyOutput } from './support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from './support/mayfly-process.ts';
import { olderDatabase } from './support/older-database.ts';
import { checkout } from './support/parts.ts';
import { startProcess } from './support/running-process.ts';
import { sharedS3 } from './support/s3.ts';
import { suiteWith } from './support/suite-with.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

// Rules: docs/operations.md, "Restore".
setDefaultTimeout(120_000);

const large = bytesOf('large', 200_000);
const small = textOf('small', 1000);
const counted = 'content that may be read twice '.repeat(100);

/** A backup of a stopped server. */
let backup: string;
let dataDir: string;
let ids: { large: string; small: string };
let keyId: string;

beforeAll(async () => {
  const mayfly = await startMayfly({ clockless: true });
  dataDir = mayfly.dataDir;
  ids = { large: await put(mayfly.url, large), small: await post(mayfly.url, { content: small }) };
  await post(mayfly.url, { content: counted, max_reads: 2 });
  await post(mayfly.url, { content: counted.repeat(50), max_reads: 2 });
  await post(mayfly.url, { content: 'soon expired', ttl: 1 });
  await mayflyOutput(dataDir, ['keys', 'create', '--kind', 'storage', '--account', 'acme']);
  keyId = (await mayflyOutput(dataDir, ['keys', 'list'])).split('\n')[1]?.split(' ')[0] ?? '';
  backup = await backUp(dataDir);
  await mayfly.stop();
  await waitFor('the expiry', () => Date.now() > Date.parse(manifestOf(backup).createdAt) + 1000, {
    timeoutMs: 60_000,
  });
});

function manifestOf(of: string): { createdAt: string } {
  return JSON.parse(readFileSync(join(of, 'manifest.json'), 'utf8')) as { createdAt: string };
}

/** A copy of the backup, to be changed. */
function copyOfBackup(): string {
  const copy = join(temporaryDirectory('backups'), 'copy');
  cpSync(backup, copy, { recursive: true });
  return copy;
}

async function expectContent({ url }: MayflyProcess): Promise<void> {
  expect((await readRaw(url, ids.large)).equals(large)).toBe(true);
  expect(String(await readRaw(url, ids.small))).toBe(small);
}

test('a restored server serves everything except counted and expired payloads, which are in no file', async () => {
  const restored = await restore(backup);
  const { createdAt } = manifestOf(backup);
  for (const line of [
    `Restored the state of ${createdAt} to ${JSON.stringify(restored.dataDir)}.`,
    'Removed counted payloads, which may have been read since: 2',
    'Removed expired payloads: 1',
    `Active keys: 1. Those that were revoked since ${createdAt} are active again: mayfly keys revoke ID`,
    'Also repeat what else was done since: bans, takedowns (mayfly remove), deletions, buckets made private.',
  ])
    expect(restored.output.split('\n')).toContain(line);
  expect(restored.output).toMatch(new RegExp(`^${keyId} +storage +acme`, 'm'));
  expect(filesWith(restored.dataDir, counted)).toEqual([]);
  expect(filesWith(restored.dataDir, 'soon expired')).toEqual([]);
  const { ids: stored, files } = readStored(restored.dataDir);
  expect([stored.toSorted(), files.length]).toEqual([Object.values(ids).toSorted(), 1]);
  expect(readdirSync(restored.dataDir).toSorted()).toEqual(['blobs', 'mayfly.db', 'secret']);
  const [secret, original] = [restored.dataDir, dataDir].map((at) =>
    readFileSync(join(at, 'secret'), 'utf8'),
  );
  expect(secret).toBe(original);
  const mayfly = await startMayfly({ dataDir: restored.dataDir });
  await expectContent(mayfly);
  expect(mayfly.logs()).not.toContain('SECRET has changed');
  expect(await mayfly.stop()).toBe(0);
});

await suiteWith(['deno'], 'on Deno', ({ deno }) => {
  test('backup and restore work the same', async () => {
    const { tasks } = JSON.parse(readFileSync(join(checkout, 'deno.json'), 'utf8')) as {
      tasks: { start: { command: string } };
    };
    const options = tasks.start.command.split(/\s+/).slice(1, -1);
    const run = async (at: string, ...command: string[]) => {
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: at, DENO_NO_UPDATE_CHECK: '1' };
      const running = startProcess(deno, [...options, ...command], { cwd: checkout, env });
      expect([await running.exited, running.output()]).toEqual([0, expect.any(String)]);
    };
    const [copy, into] = [join(temporaryDirectory('backups'), 'copy'), temporaryDirectory('restored')];
    await run(dataDir, 'backup', copy);
    await run(into, 'restore', copy);
    expect(filesIn(copy)).toEqual(filesIn(backup));
    const { ids: stored, files } = readStored(into);
    expect([stored.toSorted(), files.length]).toEqual([Object.values(ids).toSorted(), 1]);
  });
});

describe('existing data', () => {
  test('is refused, and stays as it is', async () => {
    const before = filesIn(dataDir);
    await expectOneLine(
      { dataDir },
      ['restore', backup],
      new RegExp(`"${join(dataDir, 'mayfly.db')}" exists: --move-existing moves earlier data aside`),
    );
    expect(filesIn(dataDir)).toEqual(before);
  });

  test('of another kind is refused too: blobs without a database, or a secret', async () => {
    for (const name of ['blobs/aa/0', 'secret']) {
      const other = temporaryDirectory('data');
      mkdirSync(dirname(join(other, name)), { recursive: true });
      writeFileSync(join(other, name), 'something');
      await expectOneLine({ dataDir: other }, ['restore', backup], /exists: --move-existing moves/);
      expect(filesIn(other)).toEqual([name]);
    }
  });

  test('can be moved aside, where it is complete', async () => {
    const copy = temporaryDirectory('data');
    cpSync(dataDir, copy, { recursive: true });
    const before = filesIn(copy);
    const output = await mayflyOutput(copy, ['restore', backup, '--move-existing']);
    const aside = readdirSync(copy).find((name) => name.startsWith('before-restore-')) ?? '';
    expect(output).toContain(`Earlier data is in ${JSON.stringify(join(copy, aside))}`);
    expect(filesIn(join(copy, aside))).toEqual(before);
    for (const at of [copy, join(copy, aside)]) {
      const mayfly = await startMayfly({ dataDir: at });
      await expectContent(mayfly);
      await mayfly.stop();
    }
  });

  test('of a running server is refused', async () => {
    const mayfly = await startMayfly();
    const id = await post(mayfly.url, { content: small });
    await expectOneLine(mayfly, ['restore', backup], /mayfly.db" exists: --move-existing/);
    const command = ['restore', backup, '--move-existing'];
    await expectOneLine(mayfly, command, /mayfly.db" is in use: stop the server first/);
    expect(String(await readRaw(mayfly.url, id))).toBe(small);
    await mayfly.stop();
  });
});

describe('a damaged backup restores nothing', () => {
  test.each([
    ['manifest.json', /is damaged: manifest.json has another checksum/],
    ['mayfly.db', /is damaged: mayfly.db has another checksum/],
    ['secret', /is damaged: secret has another checksum/],
    ['a blob', /is damaged: blobs\/.* has another checksum/],
  ])('if %s has another byte', async (name, says) => {
    const copy = copyOfBackup();
    const blob = filesIn(copy).find((file) => file.startsWith('blobs/') && isOfUncounted(copy, file)) ?? '';
    damage(join(copy, name === 'a blob' ? blob : name));
    const into = temporaryDirectory('restored');
    await expectOneLine({ dataDir: into }, ['restore', copy], says);
    expect(readdirSync(into)).toEqual([]);
  });

  test.each([
    ['SHA256SUMS', /is not a complete backup: it has no SHA256SUMS/],
    ['manifest.json', /is damaged: manifest.json is missing/],
    ['mayfly.db', /is damaged: mayfly.db is missing/],
    ['blobs', /is damaged: the blob [0-9a-f]{32} is missing or has another size/],
  ])('if %s is missing', async (name, says) => {
    const copy = copyOfBackup();
    rmSync(join(copy, name), { recursive: true });
    const into = temporaryDirectory('restored');
    await expectOneLine({ dataDir: into }, ['restore', copy], says);
    expect(readdirSync(into)).toEqual([]);
  });

  test('if it does not exist', async () => {
    const into = temporaryDirectory('restored');
    await expectOneLine({ dataDir: into }, ['restore', join(into, 'typo')], /is not a complete backup/);
    expect(readdirSync(into)).toEqual([]);
  });
});

/** Whether a blob of the backup is that of the large payload. */
function isOfUncounted(of: string, name: string): boolean {
  return readFileSync(join(of, name)).equals(large);
}

describe('a backup with another schema', () => {
  test('of an earlier version is migrated', async () => {
    const copy = copyOfBackup();
    const file = olderDatabase('0003_reserved_storage', (raw) => {
      raw
        .prepare(
          `INSERT INTO payloads (id, mime_type, content, size, is_text, created_at, expires_at)
           VALUES (?, 'text/plain', 'older', 5, 1, 0, ?)`,
        )
        .run('f'.repeat(32), Date.now() + 3_600_000);
    });
    replaceIn(copy, 'mayfly.db', readFileSync(file));
    const { dataDir: into } = await restore(copy);
    const mayfly = await startMayfly({ dataDir: into });
    expect(String(await readRaw(mayfly.url, 'f'.repeat(32)))).toBe('older');
    await mayfly.stop();
  });

  test('of a later version is refused', async () => {
    const copy = copyOfBackup();
    const file = join(temporaryDirectory('later'), 'mayfly.db');
    cpSync(join(copy, 'mayfly.db'), file);
    const raw = new Database(file);
    raw.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)').run('later', 1e14);
    raw.close();
    replaceIn(copy, 'mayfly.db', readFileSync(file));
    const into = temporaryDirectory('restored');
    const says = /was made by Mayfly \S+: restore it with that version or a later one/;
    await expectOneLine({ dataDir: into }, ['restore', copy], says);
    expect(readdirSync(into)).toEqual([]);
  });
});

describe('SECRET', () => {
  test('in the settings is not in the backup, and another one is reported', async () => {
    const [one, other] = [{ SECRET: 'a secret of some length' }, { SECRET: 'another of some length' }];
    const mayfly = await startMayfly({ env: one });
    const without = await backUp(mayfly.dataDir, one);
    await mayfly.stop();
    expect(filesIn(without)).toEqual(['SHA256SUMS', 'manifest.json', 'mayfly.db']);
    const into = temporaryDirectory('restored');
    const warned = startProcess(process.execPath, ['--no-env-file', 'src/main.ts', 'restore', without], {
      cwd: checkout,
      env: { PATH: process.env.PATH, DATA_DIR: into, ...other },
    });
    expect(await warned.exited).toBe(0);
    expect(warned.output()).toContain('mayfly: SECRET is not that of the backup: signed URLs are invalid');
    expect((await restore(without, one)).output).not.toContain('SECRET');
  });
});

await suiteWith(['versitygw'], 'with S3', () => {
  test('only the database is in the backup, and its blobs are in the bucket', async () => {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = await sharedS3();
    const env = {
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    };
    const mayfly = await startMayfly({ env });
    const id = await put(mayfly.url, large);
    await expectOneLine(
      { dataDir: mayfly.dataDir },
      ['backup', backupName()],
      /S3_\* must be the same as at the last start of the server/,
    );
    const ofS3 = await backUp(mayfly.dataDir, env);
    await mayfly.stop();
    expect(filesIn(ofS3)).toEqual(['SHA256SUMS', 'manifest.json', 'mayfly.db', 'secret']);
    await expectOneLine(
      { dataDir: temporaryDirectory('restored') },
      ['restore', ofS3],
      /is of a server with S3: set S3_\* as on that server/,
    );
    await expectOneLine(
      { dataDir: temporaryDirectory('restored'), env },
      ['restore', backup],
      /has blobs for a disk: unset S3_\*/,
    );
    const { dataDir: into } = await restore(ofS3, env);
    const restored = await startMayfly({ dataDir: into, env });
    expect((await readRaw(restored.url, id)).equals(large)).toBe(true);
    expect(await statusOf(`${restored.url}/readyz`)).toBe(200);
    await restored.stop();
  });
});
