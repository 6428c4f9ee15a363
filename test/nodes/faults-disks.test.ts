import { expect, test } from 'bun:test';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { textOf } from '../faults/content.ts';
import { post, readRaw, remove, statusOf } from '../faults/requests.ts';
import { type Cluster, suiteOnCluster } from '../support/cluster.ts';
import { startPostgres } from '../support/postgres.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { suiteWith } from '../support/suite-with.ts';
import { mountTmpfs } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement, shortLeases } from './agreement.ts';
import { Load } from './load.ts';

const rounds = roundsOr(2);
const MiB = 1024 * 1024;
const dataSize = 128 * MiB;
const logSize = 48 * MiB;
/** A log that grows with each write. */
const growingLog = { max_wal_size: '1GB', wal_recycle: 'off' };
/** A log that stays small, with many checkpoints, which write no file that they do not need: docs/postgresql.md, "Disk space". */
const smallLog = { max_wal_size: '4MB', min_wal_size: '2MB', max_replication_slots: '0' };

/** Fills a file system to the last byte. @returns What makes room again */
function fill(path: string): () => void {
  const ballast = join(path, 'ballast');
  const { bavail, bsize } = statfsSync(path);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
  return () => rmSync(ballast);
}

const expired = 'SELECT 1 FROM payloads WHERE expires_at < $1';

/** Whether sweeps have filled the reserve, also a moment later: it is empty for an instant before that. */
async function hasReserve({ query }: Cluster): Promise<boolean> {
  const isFilled = async () => (await query('SELECT 1 FROM disk_reserve LIMIT 1')).length > 0;
  if (!(await isFilled())) return false;
  await sleep(500);
  return isFilled();
}

const dataDisk = mountTmpfs(dataSize);
const logDisk = mountTmpfs(logSize);

await suiteWith(['tmpfs'], 'small disks can be mounted', () => {
  test('', () => expect([dataDisk, logDisk]).not.toContain(undefined));
});

if (dataDisk && logDisk) {
  const onDataDisk = startPostgres({ parent: dataDisk.path, logParent: tmpdir(), settings: smallLog });
  await suiteOnCluster(
    'a full disk of the data of PostgreSQL',
    { postgres: onDataDisk, env: shortLeases },
    (cluster) => {
      test(
        'refuses new content with 507; reads, deletes and the emptying of tables go on',
        async () => {
          const { url, postgres, env } = cluster();
          // Without a page, the server may refuse new connections.
          const observer = new pg.Client(
            postgres.adminUrl(new URL(env.DATABASE_URL ?? '').pathname.slice(1)),
          );
          await observer.connect();
          for (let round = 0; round < rounds; round += 1) {
            const name = (kind: string, n: number) => `${kind} ${round} ${n}`;
            const many = (kind: string, ttl: number) =>
              Promise.all(
                Array.from({ length: 40 }, (_, n) =>
                  post(url, { content: textOf(name(kind, n), 30_000), ttl }),
                ),
              );
            const [kept, deleted, expiring] = [
              await many('kept', 3600),
              await many('deleted', 3600),
              await many('expiring', 5),
            ];
            await waitFor('the reserve', () => hasReserve(cluster()), { timeoutMs: 60_000, everyMs: 250 });
            const makeRoom = fill(dataDisk.path);
            const refused = await waitFor(
              'a refusal',
              () =>
                post(url, { content: textOf(`more ${performance.now()}`, 60_000) }).then(
                  () => undefined,
                  (error) => String(error),
                ),
              { everyMs: 1 },
            );
            expect(refused).toMatch(/^Error: 507 /);
            for (const [n, id] of kept.entries())
              expect(String(await readRaw(url, id))).toBe(textOf(name('kept', n), 30_000));
            for (const id of deleted) {
              await remove(url, id);
              await waitFor('the deletion', async () => (await statusOf(`${url}/raw/${id}`)) === 404);
            }
            const last = expiring.at(-1);
            await waitFor('the expiry', async () => (await statusOf(`${url}/raw/${last}`)) === 404);
            // The nodes sweep every second.
            await waitFor(
              'the sweep',
              async () => (await observer.query(expired, [Date.now()])).rowCount === 0,
              { timeoutMs: 60_000, everyMs: 250 },
            );
            makeRoom();
            const content = textOf(`again ${round}`, 30_000);
            const id = await waitFor('room', () => post(url, { content }), { timeoutMs: 20_000 });
            expect(String(await readRaw(url, id))).toBe(content);
          }
          await observer.end();
          await expectAgreement(cluster());
        },
        limitOf(rounds),
      );
    },
    ['tmpfs'],
  );

  const onLogDisk = startPostgres({ logParent: logDisk.path, settings: growingLog });
  await suiteOnCluster(
    'a full disk of the log of PostgreSQL',
    { postgres: onLogDisk, env: shortLeases },
    (cluster) => {
      test(
        'answers 503 and loses nothing acknowledged',
        async () => {
          const load = await Load.prepare(cluster(), [507]);
          const { postgres, url } = cluster();
          for (let round = 0; round < rounds; round += 1) {
            await load.during(async () => {
              const before = load.acknowledged;
              await waitFor('writes', () => load.acknowledged > before + 60, { timeoutMs: 30_000 });
              const makeRoom = fill(logDisk.path);
              const refused = async () =>
                post(url, { content: textOf(`refused ${performance.now()}`, 60_000) }).then(
                  () => undefined,
                  (error) => String(error),
                );
              const refusal = await waitFor('a refusal', refused, { timeoutMs: 60_000, everyMs: 1 });
              expect(refusal).toMatch(/^Error: 50[37] /);
              makeRoom();
              // The server ends when it cannot write its log.
              await postgres.restart();
            });
            await waitFor('writes to be accepted', () => post(url, { content: `again ${round}` }), {
              timeoutMs: 20_000,
            });
            expect(await load.losses()).toEqual([]);
          }
          expect(load.problems).toEqual([]);
          await expectAgreement(cluster());
          expect(await load.losses('ever')).toEqual([]);
        },
        limitOf(rounds),
      );
    },
    ['tmpfs'],
  );
}
