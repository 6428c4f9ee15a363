import { expect, test } from 'bun:test';
import { createBucket, getObject, putObject } from '../faults/bucket-requests.ts';
import { bytesOf, textOf } from '../faults/content.ts';
import { post, put, readRaw, statusOf } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { type PostgresProxy, startPostgresProxy } from '../support/postgres-proxy.ts';
import { expectAgreement, shortLeases } from './agreement.ts';
import { createOnce, createWithKey } from './idempotent-create.ts';
import { rounds, roundsTimeout } from './rounds.ts';

/** How the answer to the write gets lost, of which the node must find out whether it took effect. */
const faults = ['answer lost', 'unsent'] as const;
let proxy: PostgresProxy | undefined;

const options = {
  // With prepared statements, their text would not be in every message.
  env: { ...shortLeases, DATABASE_PREPARE: 'false' },
  async throughPooler(url: string) {
    proxy = await startPostgresProxy(url);
    return proxy;
  },
};

await suiteOnCluster('an answer of PostgreSQL that is lost', options, (cluster) => {
  const lose = (text: string, fault: (typeof faults)[number]) => proxy?.fail(text, fault);
  const rowsWith = async (content: string) =>
    (await cluster().query('SELECT 1 FROM payloads WHERE content = $1', [Buffer.from(content)])).length;

  for (const fault of faults) {
    test(
      `(${fault}) does not lose or double a create`,
      async () => {
        for (let round = 0; round < rounds; round += 1) {
          const content = textOf(`create ${fault} ${round}`, 1500);
          lose('INSERT INTO payloads', fault);
          const id = await post(cluster().url, { content });
          expect(proxy?.isFailing).toBe(false);
          expect(String(await readRaw(cluster().url, id))).toBe(content);
          expect(await rowsWith(content)).toBe(1);

          const bytes = bytesOf(`blob ${fault} ${round}`, 100 * 1024);
          lose('COMMIT', fault);
          const outcome = await put(cluster().url, bytes).catch(String);
          if (outcome.startsWith('Error')) expect(outcome).toMatch(/^Error: 503 /);
          else expect((await readRaw(cluster().url, outcome)).equals(bytes)).toBe(true);
        }
      },
      roundsTimeout,
    );

    test(
      `(${fault}) does not lose or double an idempotent create`,
      async () => {
        for (let round = 0; round < rounds; round += 1) {
          const name = `idempotent ${fault} ${round}`;
          const content = textOf(name, 1500);
          lose('INSERT INTO payloads', fault);
          const first = await createWithKey(cluster().url, name, content);
          expect(proxy?.isFailing).toBe(false);
          const answer = (await first.json()) as { hash_id?: string };
          const id = await createOnce(cluster().url, name, content);
          if (first.status === 201) expect(answer.hash_id).toBe(id);
          else expect(first.status).toBe(503);
          expect(await rowsWith(content)).toBe(1);
        }
      },
      roundsTimeout,
    );

    test(
      `(${fault}) does not lose or double a counted read`,
      async () => {
        for (let round = 0; round < rounds; round += 1) {
          const content = textOf(`counted ${fault} ${round}`, 1500);
          const id = await post(cluster().url, { content, max_reads: 3 });
          const left: (string | null)[] = [];
          for (const text of ['reads_left - 1', 'reads_left - 1', 'COMMIT']) {
            lose(text, fault);
            const response = await fetch(`${cluster().url}/raw/${id}`, { keepalive: false });
            expect(proxy?.isFailing).toBe(false);
            expect(response.status).toBe(200);
            expect(await response.text()).toBe(content);
            left.push(response.headers.get('x-reads-left'));
          }
          expect(left).toEqual(['2', '1', '0']);
          expect(await statusOf(`${cluster().url}/raw/${id}`)).toBe(404);
        }
      },
      roundsTimeout,
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
          lose('COMMIT', fault);
          const outcome = await putObject(client, bucket, 'it', bytes).then(() => 'stored', String);
          const found = await getObject(client, bucket, 'it');
          if (outcome === 'stored') expect(found?.equals(bytes)).toBe(true);
          else {
            expect(outcome).toMatch(/^Error: 503 /);
            expect([before?.length, bytes.length]).toContain(found?.length);
          }
        }
      },
      roundsTimeout,
    );
  }

  test('nothing is missing or over, and the usage is exact', () => expectAgreement(cluster()));
});
