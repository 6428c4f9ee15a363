import { beforeAll, describe, expect, test } from 'bun:test';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { fencedBlocks } from './documents/markdown.ts';
import { type MayflyProcess, startMayfly } from './support/mayfly-process.ts';
import { checkout } from './support/parts.ts';
import { startProcess } from './support/running-process.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

const operations = readFileSync(join(checkout, 'docs', 'operations.md'), 'utf8');

async function keep(mayfly: MayflyProcess, content: string, query = ''): Promise<string> {
  const answer = await fetch(`${mayfly.url}/${query}`, { method: 'POST', body: content });
  expect(answer.status).toBe(201);
  return (await answer.text()).trim().split('/').at(-1) ?? '';
}

const readRaw = async (mayfly: MayflyProcess, id: string) => (await fetch(`${mayfly.url}/raw/${id}`)).text();

/** Runs the recipe. Resolves to its exit code and its output. */
async function backUp(dataDir: string, backup: string): Promise<[number | null, string]> {
  const command = fencedBlocks(operations).find(({ text }) => text.includes('VACUUM INTO'))?.text ?? 'exit 1';
  const env = { ...process.env, DATA_DIR: dataDir, BACKUP: backup };
  // The umask of most shells: the recipe itself must make the copy readable only for its owner.
  const shell = startProcess('bash', ['-c', `umask 022\n${command}`], { cwd: checkout, env });
  return [await shell.exited, shell.output()];
}

test('the backup of docs/operations.md rejects a DATA_DIR without a database, and creates none', async () => {
  const dataDir = temporaryDirectory('typo');
  const backup = join(temporaryDirectory('backup'), "to'night");
  const [code, output] = await backUp(dataDir, backup);
  expect([code !== 0, output]).toEqual([true, expect.stringContaining('unable to open database file')]);
  expect(readdirSync(dataDir)).toEqual([]);
  expect(readdirSync(backup)).toEqual([]);
}, 30_000);

describe('the backup of docs/operations.md', () => {
  const small = 'small content';
  const large = 'large content '.repeat(20_000);
  let restored: MayflyProcess;
  let ids: string[] = [];

  beforeAll(async () => {
    const mayfly = await startMayfly();
    ids = [await keep(mayfly, small), await keep(mayfly, large)];
    const backup = join(temporaryDirectory('backup'), 'tonight');
    expect(await backUp(mayfly.dataDir, backup)).toEqual([0, '']);
    const [code, output] = await backUp(mayfly.dataDir, backup);
    expect([code !== 0, output]).toEqual([true, expect.stringContaining('exists')]);
    await mayfly.kill();
    for (const name of ['', 'mayfly.db', 'blobs', 'secret'])
      expect([name, statSync(join(backup, name)).mode & 0o077]).toEqual([name, 0]);

    const dataDir = temporaryDirectory('restored');
    cpSync(backup, dataDir, { recursive: true });
    restored = await startMayfly({ dataDir });
  }, 60_000);

  test('of a running server restores all payloads, small and large', async () => {
    expect(await readRaw(restored, ids[0] ?? '')).toBe(small);
    expect(await readRaw(restored, ids[1] ?? '')).toBe(large);
    expect(await restored.stop()).toBe(0);
  }, 60_000);

  test('keeps the settings of the database that cannot be changed later', () => {
    const database = new Database(join(restored.dataDir, 'mayfly.db'), { readonly: true });
    const incremental = 2;
    expect(database.pragma('auto_vacuum', { simple: true })).toBe(incremental);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  });
});

test('a long read of the database delays no request when a sweep ends', async () => {
  const mayfly = await startMayfly({ env: { SWEEP_CRON: '* * * * * *' } });
  const reader = new Database(join(mayfly.dataDir, 'mayfly.db'), { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM payloads').get();
  await keep(mayfly, 'soon gone', '?ttl=1');

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
}, 60_000);
