import { expect, test } from 'bun:test';
import { createBucket, getObject, putObject } from '../faults/bucket-requests.ts';
import { bytesOf, textOf } from '../faults/content.ts';
import { post, put, readRaw, statusOf } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { type PostgresProxy, startPostgresProxy } from '../support/postgres-proxy.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { expectAgreement, longerLeases } from './agreement.ts';
import { createOnce, createWithKey } from './idempotent-create.ts';

const rounds = roundsOr(2);
/** How the answer to the write gets lost, of which the node must find out whether it took effect. */
const faults = ['answer lost', 'unsent'] as const;
/** In the texts of the statements that take counted reads, and that lock the object that a write replaces. */
const takeOfRead = 'INSERT INTO taken_reads';
const lockOfObject = 'AND key = $2 FOR UPDATE';
let proxy: PostgresProxy | undefined;

const options = {
  // With prepared statements, their text would not be in every message.
  env: { ...longerLeases, DATABASE_PREPARE: 'false' },
  async throughPooler(url: string) {
    proxy = await startPostgresProxy(url);
    return proxy;
  },
};

await suiteOnCluster('an answer of PostgreSQL that is lost', options, (cluster) => {
  const lose = (text: string, fault: (typeof faults)[number]) => proxy?.fail(text, fault);
  /** The answer to the COMMIT of the next transaction that has a statement with this text. */
  const loseCommit = (text: string, fault: (typeof faults)[number]) => proxy?.fail('COMMIT', fault, text);
  const countOfRows = async () => (await cluster().query('SELECT 1 FROM payloads')).length;

  for (const fault of faults) {
    test(
      `(${fault}) does not lose or double a create`,
      async () => {
        for (let round = 0; round < rounds; round += 1) {
          const before = await countOfRows();
          const content = textOf(`create ${fault} ${round}`, 1500);
          lose('INSERT INTO payloads', fault);
          const id = await post(cluster().url, { content });
          expect(proxy?.isFailing).toBe(false);
          expect(String(await readRaw(cluster().url, id))).toBe(content);
          const bytes = bytesOf(`blob ${fault} ${round}`, 100 * 1024);
          loseCommit('INSERT INTO payloads', fault);
          const inS3 = await put(cluster().url, bytes);
          expect(proxy?.isFailing).toBe(false);
          expect((await readRaw(cluster().url, inS3)).equals(bytes)).toBe(true);
          expect(await countOfRows()).toBe(before + 2);
        }
      },
      limitOf(rounds),
    );

    test(
      `(${fault}) does not lose or double an idempotent create`,
      async () => {
        for (let round = 0; round < rounds; round += 1) {
          const cases = [
            { size: 1500, loses: () => lose('INSERT INTO idempotency_records', fault) },
            { size: 1500, loses: () => lose('INSERT INTO payloads', fault) },
            { size: 100 * 1024, loses: () => loseCommit('INSERT INTO payloads', fault) },
          ];
          for (const [index, { size, loses }] of cases.entries()) {
            const key = `idempotent ${fault} ${round} ${index}`;
            const content = textOf(key, size);
            const before = await countOfRows();
            loses();
            const first = await createWithKey(cluster().url, key, content);
            expect(proxy?.isFailing).toBe(false);
            expect(first.status).toBe(201);
            const { hash_id } = (await first.json()) as { hash_id: string };
            expect(await createOnce(cluster().url, key, content)).toBe(hash_id);
            expect(await countOfRows()).toBe(before + 1);
          }
        }
      },
      limitOf(rounds),
    );

    test(
      `(${fault}) does not lose or double a counted read`,
      async () => {
        for (let round = 0; round < rounds; round += 1) {
          const content = textOf(`counted ${fault} ${round}`, 1500);
          const id = await post(cluster().url, { content, max_reads: 3 });
          const read = () => fetch(`${cluster().url}/raw/${id}`, { keepalive: false });
          // Without its COMMIT, the transaction takes nothing, and nothing is served.
          lose(takeOfRead, fault);
          const refused = await read();
          expect(proxy?.isFailing).toBe(false);
          expect(refused.status).toBe(503);
          expect(await refused.text()).not.toContain(content);
          for (const left of ['2', '1', '0']) {
            loseCommit(takeOfRead, fault);
            const response = await read();
            expect(proxy?.isFailing).toBe(false);
            expect(response.status).toBe(200);
            expect(await response.text()).toBe(content);
            expect(response.headers.get('x-reads-left')).toBe(left);
          }
          expect(await statusOf(`${cluster().url}/raw/${id}`)).toBe(404);
        }
      },
      limitOf(rounds),
    );

    test(
      `(${fault}) leaves an object as before or as written`,
      async () => {
        const bucket = fault.replace(' ', '-');
        const key = await cluster().command('keys', 'create', '--kind', 'storage', '--account', bucket);
        const client = { url: cluster().url, key };
        await createBucket(client, bucket);
        for (let round = 0; round < rounds; round += 1) {
          const bytes = bytesOf(`object ${fault} ${round}`, 1500 + round);
          const before = await getObject(client, bucket, 'it');
          loseCommit(lockOfObject, fault);
          const outcome = await putObject(client, bucket, 'it', bytes).then(() => 'stored', String);
          expect(proxy?.isFailing).toBe(false);
          const found = await getObject(client, bucket, 'it');
          if (outcome === 'stored') expect(found?.equals(bytes)).toBe(true);
          else {
            expect(outcome).toMatch(/^Error: 503 /);
            expect([before?.length, bytes.length]).toContain(found?.length);
          }
        }
      },
      limitOf(rounds),
    );
  }

  test('nothing is missing or over, and the usage is exact', () => expectAgreement(cluster()));
});
