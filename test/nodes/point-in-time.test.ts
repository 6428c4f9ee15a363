import { expect, test } from 'bun:test';
import { appendFileSync, chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { bytesOf, textOf } from '../faults/content.ts';
import { post, put, putPart, readRaw, remove, statusOf } from '../faults/requests.ts';
import { type Cluster, suiteOnCluster } from '../support/cluster.ts';
import { mayflyCommand } from '../support/mayfly-command.ts';
import type { PostgresServer } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement, shortLeases } from './agreement.ts';

/** The time limit of a test (ms): it waits for a recovery, for commands, and for the checks of servers. */
const limit = 180_000;

const blobSize = 200 * 1024;
const partSize = 5 * 1024 * 1024;

/** The settings of docs/recovery.md, with the archive beside the data. */
const settings = {
  archive_mode: 'on',
  archive_command: 'mkdir -p ../archive && test ! -f ../archive/%f && cp %p ../archive/%f',
};

/** Replaces the data by the base backup, and recovers it to a time from the archive. */
async function restoreTo(time: string, postgres: PostgresServer): Promise<void> {
  const data = join(postgres.directory, 'data');
  await postgres.stop();
  renameSync(data, join(postgres.directory, 'lost'));
  renameSync(join(postgres.directory, 'base'), data);
  const recovery = {
    restore_command: 'cp ../archive/%f %p',
    recovery_target_time: time,
    recovery_target_action: 'promote',
  };
  const lines = Object.entries(recovery).map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(join(data, 'postgresql.auto.conf'), lines.join(''));
  const signal = join(data, 'recovery.signal');
  writeFileSync(signal, '');
  // Its user removes the file.
  chmodSync(signal, 0o666);
  await postgres.restart();
}

/** Writes with four clients while `work` runs. @returns The ids of what was acknowledged */
async function underLoad(url: string, work: () => Promise<unknown>): Promise<string[]> {
  const ids: string[] = [];
  let isOver = false;
  const clients = [0, 1, 2, 3].map(async (client) => {
    for (let n = 0; !isOver; n += 1)
      ids.push(await post(url, { content: textOf(`load ${client} ${n}`, 1500) }));
  });
  await work();
  isOver = true;
  await Promise.all(clients);
  return ids;
}

type Begun = { upload_id: string; parts: { number: number; url: string }[] };

/** Begins an upload of two parts, and sends the first one. */
async function beginUpload(url: string, name: string) {
  const started = await fetch(`${url}/api/v1/payloads/uploads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ size: partSize + 10, mime_type: 'application/octet-stream' }),
  });
  const { upload_id, parts } = (await started.json()) as Begun;
  const send = async (index: number, bytes: Uint8Array) => {
    const part = parts[index] as Begun['parts'][number];
    const path = part.url.slice(new URL(part.url).origin.length);
    return { number: part.number, etag: await putPart(url + path, bytes) };
  };
  const first = await send(0, bytesOf(name, partSize));
  return async () => {
    const second = await send(1, bytesOf(name, 10)).catch(() => first);
    return statusOf(`${url}/api/v1/payloads/uploads/${upload_id}/complete`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ parts: [first, second] }),
    });
  };
}

async function scene(cluster: Cluster) {
  const url = cluster.nodes[0]?.url ?? '';
  const { postgres } = cluster;
  const key = (account: string) =>
    cluster.command('keys', 'create', '--kind', 'storage', '--account', account);
  const runBackup = () =>
    postgres.run('pg_basebackup', [
      ...['-h', '127.0.0.1', '-p', String(postgres.port), '-U', 'postgres'],
      ...['-D', join(postgres.directory, 'base'), '-c', 'fast', '-X', 'stream'],
    ]);
  const loaded = await underLoad(url, runBackup);

  // Commands take about a second each: those that do not depend on each other run at once.
  const [valid, leaked] = await Promise.all([key('valid'), key('leaked')]);
  const before = {
    kept: await post(url, { content: textOf('kept', 1500) }),
    keptBlob: await put(url, bytesOf('kept', blobSize)),
    counted: await post(url, { content: 'counted', max_reads: 1 }),
    countedUnread: await post(url, { content: 'unread', max_reads: 2 }),
    countedBlob: await put(url, bytesOf('counted', blobSize), '?max_reads=3'),
    deletedLater: await post(url, { content: textOf('deleted later', 1500) }),
    deletedLaterBlob: await put(url, bytesOf('deleted later', blobSize)),
    deleted: await post(url, { content: 'deleted' }),
    valid,
    leaked,
  };
  await remove(url, before.deleted);
  const complete = await beginUpload(url, 'upload');
  const [row] = await cluster.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
  const moment = row?.now ?? '';

  expect((await readRaw(url, before.counted)).toString()).toBe('counted');
  await remove(url, before.deletedLater);
  await cluster.command('remove', `/raw/${before.deletedLaterBlob}`);
  await cluster.command('sweep');
  const [leakedKey] = await cluster.query<{ id: string }>(
    "SELECT keys.id FROM keys JOIN accounts ON accounts.id = account_id WHERE accounts.name = 'leaked'",
  );
  await cluster.command('keys', 'revoke', leakedKey?.id ?? '');
  const after = {
    late: await post(url, { content: 'late' }),
    lateBlob: await put(url, bytesOf('late', blobSize)),
    key: await key('late'),
  };
  expect(await complete()).toBe(201);
  return { url, loaded, before, after, moment, complete };
}

await suiteOnCluster(
  'PostgreSQL that is restored to a moment',
  { runtimes: ['bun', 'deno'], env: shortLeases, settings, keepsVersions: true },
  (cluster) => {
    let known: Awaited<ReturnType<typeof scene>>;
    const run = (...args: string[]) => mayflyCommand('/nothing', args, cluster().env);
    const statusOfKey = (key: string) =>
      statusOf(`${known.url}/v1/account`, { headers: { authorization: `Bearer ${key}` } });

    test(
      'stops servers that run, and none starts',
      async () => {
        const { postgres, nodes, query } = cluster();
        known = await scene(cluster());
        const [row] = await query<{ name: string }>('SELECT pg_walfile_name(pg_switch_wal()) AS name');
        await waitFor('the archive', async () => {
          const isArchived = 'SELECT FROM pg_stat_archiver WHERE last_archived_wal >= $1';
          return (await query(isArchived, [row?.name])).length > 0;
        });
        // The next watermark shows that the database went back.
        const moment = Date.parse(known.moment);
        const watermark = "SELECT FROM deployment WHERE name = 'watermark' AND value::bigint > $1";
        await waitFor('the next watermark', async () => (await query(watermark, [moment])).length > 0, {
          timeoutMs: 60_000,
        });
        await nodes[1]?.stop();

        await restoreTo(known.moment, postgres);
        await waitFor('the end of the recovery', async () => {
          const [state] = await query<{ isOver: boolean }>('SELECT NOT pg_is_in_recovery() AS "isOver"');
          return state?.isOver;
        });
        const readiness = () => fetch(`${known.url}/readyz`);
        await waitFor(
          'the server to stop serving',
          async () => {
            const { stores } = (await (await readiness()).json()) as { stores: { database: string } };
            return stores.database === 'restored';
          },
          { timeoutMs: 30_000 },
        );
        expect((await readiness()).status).toBe(503);
        for (const path of [
          `/raw/${known.before.counted}`,
          '/api/v1/payloads',
          '/v1/account',
          '/api/v1/files',
          '/',
        ]) {
          const response = await fetch(known.url + path);
          expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '30']);
          await response.body?.cancel();
        }
        await waitFor('the log', () => nodes[0]?.logs().includes('"state":"restored"'), {
          timeoutMs: 30_000,
        });
        const refused = [['serve'], ['sweep'], ['check', '--repair']].map((args) => run(...args));
        for (const { code, stdout, stderr } of await Promise.all(refused)) {
          expect([code, stdout]).toEqual([1, '']);
          expect(stderr).toMatch(
            /^mayfly: [^\n]*restored to an earlier time: run mayfly restored --until [^\n]*\n$/,
          );
        }
      },
      limit,
    );

    test(
      'is made ready by `mayfly restored`, which can be repeated after a failure',
      async () => {
        const { env, postgres, query } = cluster();
        const tooEarly = new Date(Date.parse(known.moment) - 3_600_000).toISOString();
        const refused = [['--until', tooEarly], ['--until', '2099-01-01T00:00:00Z'], []];
        const reasons = await Promise.all(
          refused.map(async (args) => (await run('restored', ...args)).stderr),
        );
        expect(reasons).toEqual(
          ['too early', 'in the future', '--until'].map((text) => expect.stringContaining(text)),
        );
        const keys = new pg.Client(postgres.adminUrl(new URL(env.DATABASE_URL ?? '').pathname.slice(1)));
        await keys.connect();
        await keys.query('BEGIN; LOCK TABLE keys');
        expect((await run('restored', '--until', known.moment)).code).toBe(1);
        await keys.end();
        expect(await query('SELECT FROM payloads WHERE reads_left IS NOT NULL')).toEqual([]);
        expect(await statusOf(`${known.url}/raw/${known.before.kept}`)).toBe(503);

        const { code, stdout } = await run('restored', '--until', known.moment);
        expect(code).toBe(0);
        for (const account of ['valid', 'leaked'])
          expect(stdout).toMatch(new RegExp(`storage +${account}\\b`));
        expect(stdout).not.toMatch(/storage +late\b/);
        // It is not in this state any more.
        expect((await run('restored', '--until', known.moment)).code).toBe(1);
      },
      limit,
    );

    test(
      'serves what was acknowledged before the moment, and nothing that may have been read',
      async () => {
        const { url, loaded, before, after, complete } = known;
        await waitFor('the server to serve', async () => (await statusOf(`${url}/readyz`)) === 200, {
          timeoutMs: 30_000,
        });
        await cluster().restart(1);
        for (const id of loaded) expect(await statusOf(`${url}/raw/${id}`)).toBe(200);
        expect((await readRaw(url, before.kept)).toString()).toBe(textOf('kept', 1500));
        expect((await readRaw(url, before.keptBlob)).equals(bytesOf('kept', blobSize))).toBe(true);
        // Deletions after the moment are undone.
        expect((await readRaw(url, before.deletedLater)).toString()).toBe(textOf('deleted later', 1500));
        const created = await post(url, { content: 'created after the restore', max_reads: 1 });
        expect((await readRaw(url, created)).toString()).toBe('created after the restore');
        const gone = [before.counted, before.countedUnread, before.countedBlob, before.deleted, after.late];
        // The bytes of this one were removed from the bucket.
        for (const id of [...gone, after.lateBlob, before.deletedLaterBlob])
          expect([id, await statusOf(`${url}/raw/${id}`)]).toEqual([id, 404]);
        expect(await complete()).toBe(404);
        expect(await statusOfKey(before.leaked)).toBe(200);
        expect(await statusOfKey(after.key)).toBe(401);
      },
      limit,
    );

    test(
      'agrees with the bucket after `mayfly check --repair`, which brings removed blobs back',
      async () => {
        const { url, before } = known;
        await cluster().command('sweep');
        const found = await run('check');
        expect(found.code).toBe(1);
        const { missing, orphans } = JSON.parse(found.stdout) as { missing: object[]; orphans: string[] };
        expect(missing).toHaveLength(1);
        expect(orphans.length).toBeGreaterThan(0);
        const repaired = await run('check', '--repair');
        expect(JSON.parse(repaired.stdout)).toMatchObject({ missing: [], orphans: [], recovered: 1 });
        expect(repaired.code).toBe(0);
        expect((await readRaw(url, before.deletedLaterBlob)).equals(bytesOf('deleted later', blobSize))).toBe(
          true,
        );
        await expectAgreement(cluster());
        const stored = await cluster().s3.listKeys('blobs/');
        expect(orphans.filter((key) => stored.includes(`blobs/${key}`))).toEqual([]);
      },
      limit,
    );

    test(
      'that is marked by the operator revokes every key that was active',
      async () => {
        const { before } = known;
        expect(await cluster().command('restored', '--mark')).toContain('mayfly restored --until');
        const now = new Date().toISOString();
        const output = await cluster().command('restored', '--until', now, '--revoke-all');
        expect(output).toContain('revoked');
        await waitFor('the server to serve', async () => (await statusOf(`${known.url}/readyz`)) === 200, {
          timeoutMs: 30_000,
        });
        for (const key of [before.valid, before.leaked]) expect(await statusOfKey(key)).toBe(401);
      },
      limit,
    );
  },
);
