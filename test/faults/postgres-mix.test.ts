import { expect, test } from 'bun:test';
import pg from 'pg';
import { mayflyCommand, mayflyOutput } from '../support/mayfly-command.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';
import { startPostgresStores } from '../support/postgres-stores.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { withoutLimits } from './file-requests.ts';
import { MixClient, newMix } from './postgres-mix.ts';

const clients = 16;
const seconds = 8;
const settings = {
  ...withoutLimits,
  UPLOAD_LEASE: '3s',
  LONGEST_UPLOAD: '1s',
  PRESIGN_TTL: '10s',
  MAX_UPLOADS_PER_CLIENT: '0',
  ANONYMOUS_STORAGE: 'none',
  SWEEP_CRON: '* * * * * *',
  LOG_LEVEL: 'warn',
};

/** How the database fails during the load, about every so many milliseconds. */
type Trouble = { name: string; every?: number; kill?: boolean; lose?: string[] };

const troubles: Trouble[] = [
  { name: 'without trouble' },
  { name: 'whose processes on the server are ended', every: 200, kill: true },
  { name: 'with lost answers', every: 60, lose: ['COMMIT', 'mayfly_'] },
];

await suiteWith(
  ['postgres', 'versitygw', 'redis-server'],
  'two nodes on one PostgreSQL, under a mix of 16 clients',
  () => {
    for (const { name, every, kill, lose } of troubles)
      test(`${name}, keep what they acknowledged, once, and exact books`, async () => {
        const stores = await startPostgresStores();
        const { DATABASE_URL = '' } = stores.env;
        const proxy = await startPostgresProxy(DATABASE_URL);
        const direct = { ...stores.env, ...settings };
        const first = await startMayfly({ env: { ...direct, DATABASE_URL: proxy.url } });
        const second = await startMayfly({
          env: { ...direct, DATABASE_URL: proxy.url },
          dataDir: first.dataDir,
        });
        const command = (...args: string[]) => mayflyOutput(first.dataDir, args, direct);
        const payloadKey = await command('keys', 'create', '--kind', 'payload', '--account', 'acme');
        const storageKey = await command('keys', 'create', '--kind', 'storage', '--account', 'acme');
        const urls = [first.url, second.url];
        const buckets = ['one-bucket', 'two-buckets'];
        const mix = newMix();
        const access = { urls, payloadKey, storageKey, buckets };
        for (const bucket of buckets)
          await new MixClient(mix, access).call('bucket', 'POST', '/v1/buckets', {
            key: storageKey,
            body: { name: bucket },
          });
        const database = new pg.Client(DATABASE_URL);
        database.on('error', () => undefined);
        await database.connect();

        const until = Date.now() + seconds * 1000;
        const load = Array.from({ length: clients }, () => new MixClient(mix, access).run(until));
        while (every && Date.now() < until) {
          await new Promise((resolve) => setTimeout(resolve, every * Math.random() * 2));
          if (kill)
            await database.query(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'mayfly%'
             AND datname = current_database() AND random() < 0.4`,
            );
          if (lose)
            proxy.fail(
              lose[Math.floor(Math.random() * lose.length)] as string,
              Math.random() < 0.8 ? 'answer lost' : 'unsent',
            );
        }
        await Promise.all(load);
        expect(mix.wrong).toEqual([]);

        // Connections may still break, and then a read fails.
        const client = new MixClient(mix, access);
        const read = (id: string) =>
          waitFor(`payload ${id}`, () => client.call('last read', 'GET', `/raw/${id}`, { accept: [404] }));
        for (const [id, content] of mix.kept) expect((await read(id)).text).toBe(content);
        for (const id of mix.deleted) expect((await read(id)).status).toBe(404);
        const { rows: twice } = await database.query(
          `SELECT min(left(convert_from(content, 'UTF8'), 60)) AS content FROM (
           SELECT content FROM payloads WHERE content IS NOT NULL UNION ALL SELECT content FROM payloads_legacy) AS all_rows
         GROUP BY sha256(content) HAVING count(*) > 1`,
        );
        expect(twice).toEqual([]);
        const isEmpty = async (table: string) =>
          (await database.query(`SELECT FROM ${table} LIMIT 1`)).rowCount === 0;
        // As if all uploads had expired long ago.
        await database.query('UPDATE uploads SET expires_at = 0');
        await waitFor('no uploads', () => isEmpty('uploads'), { timeoutMs: 60_000 });
        await database.query('UPDATE blob_journal SET due_at = 0, remove_again_at = NULL');
        await waitFor('an empty journal', () => isEmpty('blob_journal'), { timeoutMs: 60_000 });
        const check = await mayflyCommand(first.dataDir, ['check'], direct);
        const {
          rows: _rows,
          blobs: _blobs,
          ...problems
        } = JSON.parse(check.stdout) as Record<string, unknown>;
        expect(Object.values(problems).flat()).toEqual([]);
        expect(check.code).toBe(0);
        await database.end();
        await Promise.all([first.stop(), second.stop()]);
        proxy.stop();
        await stores.stop();
      }, 300_000);
  },
);
