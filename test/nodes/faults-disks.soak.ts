import { expect, test } from 'bun:test';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textOf } from '../faults/content.ts';
import { post, readRaw, remove, statusOf } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { startPostgres } from '../support/postgres.ts';
import { suiteWith } from '../support/suite-with.ts';
import { mountTmpfs } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement, shortLeases } from './agreement.ts';
import { Load } from './load.ts';
import { rounds, roundsTimeout } from './rounds.ts';

const MiB = 1024 * 1024;
const dataSize = 128 * MiB;
const logSize = 48 * MiB;
/** A log that grows with each write, and one that stays small. */
const growingLog = { max_wal_size: '1GB', wal_recycle: 'off' };
const smallLog = { max_wal_size: '4MB', min_wal_size: '2MB' };

/** Fills a file system to the last byte. @returns What makes room again */
function fill(path: string): () => void {
  const ballast = join(path, 'ballast');
  const { bavail, bsize } = statfsSync(path);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
  return () => rmSync(ballast);
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
          const { url } = cluster();
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
              // The server may end a connection while it cannot write, which one read can meet.
              await waitFor('the deletion', async () => (await statusOf(`${url}/raw/${id}`)) === 404);
            }
            const last = expiring.at(-1);
            await waitFor('the expiry', async () => (await statusOf(`${url}/raw/${last}`)) === 404);
            const alive = async () =>
              (await cluster().query('SELECT 1 FROM payloads WHERE expires_at < $1', [Date.now()])).length;
            await waitFor('the sweep', async () => {
              await cluster().command('sweep');
              return (await alive()) === 0;
            });
            makeRoom();
            const content = textOf(`again ${round}`, 30_000);
            const id = await waitFor('room', () => post(url, { content }), { timeoutMs: 20_000 });
            expect(String(await readRaw(url, id))).toBe(content);
          }
          await expectAgreement(cluster());
        },
        roundsTimeout,
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
                post(url, { content: textOf(`refused ${performance.now()}`, 1000) }).then(
                  () => undefined,
                  (error) => String(error),
                );
              const refusal = await waitFor('a refusal', refused, { timeoutMs: 30_000 });
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
        },
        roundsTimeout,
      );
    },
    ['tmpfs'],
  );
}
