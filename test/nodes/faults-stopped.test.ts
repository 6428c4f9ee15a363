import { expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createBucket, getObject, putObject } from '../faults/bucket-requests.ts';
import { bytesOf, textOf } from '../faults/content.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement, shortLeases } from './agreement.ts';
import { createOnce, createWithKey } from './idempotent-create.ts';

const rounds = roundsOr(2);
const bucket = 'stopped';
/** The time limit of another node's write (ms): the server ends an idle transaction after 5 s. */
const othersWait = 10_000;

await suiteOnCluster('a node that is stopped and continues', { env: shortLeases }, (cluster) => {
  const client = { url: '', key: '' };
  const nodes = () => {
    const [stopped, other, third] = cluster().nodes;
    if (!stopped || !other || !third) throw new Error('three nodes are needed');
    return { stopped, other, third };
  };

  async function prepare() {
    if (client.key !== '') return;
    client.key = await cluster().command('keys', 'create', '--kind', 'storage', '--account', 'acme');
    await createBucket({ ...client, url: nodes().other.url }, bucket);
  }

  /** Runs `work` while the row of the account is locked by somebody else. */
  async function withLockedAccount(work: (release: () => Promise<void>) => Promise<void>) {
    const { postgres } = cluster();
    const database = new URL(cluster().env.DATABASE_URL ?? '').pathname.slice(1);
    const locker = new pg.Client({ connectionString: postgres.adminUrl(database) });
    await locker.connect();
    await locker.query(`BEGIN; SELECT 1 FROM accounts WHERE name = 'acme' FOR UPDATE`);
    try {
      await work(async () => {
        await locker.query('ROLLBACK');
      });
    } finally {
      await locker.end();
    }
  }

  const isBlocked = async () =>
    (await cluster().query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)).length > 0;
  const isIdleInTransaction = async () =>
    (await cluster().query(`SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'`)).length > 0;

  for (const [kind, size] of [
    ['inline', 1000],
    ['in S3', 100 * 1024],
  ] as const)
    test(
      `in a transaction (${kind}) blocks no other for long, and its write takes no effect`,
      async () => {
        await prepare();
        // The transaction that waits can be of a sweep. Then the node stops before its write, which takes effect later.
        for (let stops = 0, caught = 0; caught < rounds; stops += 1) {
          const { stopped, other } = nodes();
          const [lost, written] = [`lost ${kind} ${stops}`, `written ${kind} ${stops}`];
          let answer: Promise<unknown> | undefined;
          try {
            await withLockedAccount(async (release) => {
              answer = putObject({ ...client, url: stopped.url }, bucket, lost, bytesOf(lost, size)).then(
                () => 'stored',
                String,
              );
              await waitFor('a transaction that waits for the account', isBlocked);
              process.kill(stopped.pid, 'SIGSTOP');
              await release();
            });
            // The server has done the last statement, and its COMMIT never comes.
            await waitFor('an idle transaction', isIdleInTransaction);
            const on = { ...client, url: other.url };
            const began = performance.now();
            await waitFor(
              'the write of another node',
              () => putObject(on, bucket, written, bytesOf(written, size)).then(() => true),
              { timeoutMs: othersWait },
            );
            expect(performance.now() - began).toBeLessThan(othersWait);
            // Longer than the lease of its upload, so that others remove what it has written.
            await cluster().command('sweep');
            await sleep(1000);
            await cluster().command('sweep');
          } finally {
            process.kill(stopped.pid, 'SIGCONT');
          }
          const isStored = (await answer) === 'stored';
          if (!isStored) {
            expect(await answer).toMatch(/^Error: 503 /);
            caught += 1;
          }
          for (const { url } of cluster().nodes) {
            const on = { ...client, url };
            const expected = isStored ? bytesOf(lost, size) : undefined;
            expect(await getObject(on, bucket, lost)).toEqual(expected);
            expect((await getObject(on, bucket, written))?.equals(bytesOf(written, size))).toBe(true);
          }
        }
        await expectAgreement(cluster());
      },
      limitOf(rounds),
    );

  test(
    'during an upload publishes no object whose bytes others have removed',
    async () => {
      await prepare();
      // On a busy machine, an upload may be over before a query sees it.
      for (let stops = 0, caught = 0; caught < rounds; stops += 1) {
        const { stopped, third } = nodes();
        const key = `upload ${stops}`;
        const bytes = bytesOf(key, 24 * 1024 * 1024);
        let isAnswered = false;
        const answer = putObject({ ...client, url: stopped.url }, bucket, key, bytes)
          .then(() => true, String)
          .finally(() => {
            isAnswered = true;
          });
        const hasBegun = async () =>
          (await cluster().query(`SELECT 1 FROM blob_journal WHERE purpose = 'write'`)).length > 0;
        try {
          await waitFor('the upload to begin', async () => isAnswered || (await hasBegun()), {
            timeoutMs: 60_000,
            everyMs: 5,
          });
          if (!isAnswered) caught += 1;
          process.kill(stopped.pid, 'SIGSTOP');
          await waitFor(
            'the sweep of its bytes',
            async () => {
              await cluster().command('sweep');
              return !(await hasBegun());
            },
            { timeoutMs: 60_000 },
          );
        } finally {
          process.kill(stopped.pid, 'SIGCONT');
        }
        const outcome = await answer;
        const found = await getObject({ ...client, url: third.url }, bucket, key);
        if (outcome === true) expect(found?.equals(bytes)).toBe(true);
        else {
          expect(outcome).toMatch(/^Error: 503 /);
          expect(found).toBeUndefined();
        }
      }
      await expectAgreement(cluster());
    },
    limitOf(rounds),
  );

  test(
    'loses its claim of an idempotency key, and does not do the request a second time',
    async () => {
      const { stopped, other } = nodes();
      for (let round = 0; round < rounds; round += 1) {
        const name = `claimed ${round}`;
        // The bytes are in S3, so that it can be stopped between the claim and the write.
        const content = textOf(name, 400_000);
        const { s3 } = cluster();
        process.kill(s3.pid, 'SIGSTOP');
        let first: Promise<Response | undefined> | undefined;
        try {
          first = createWithKey(stopped.url, name, content).catch(() => undefined);
          const isClaimed = async () =>
            (await cluster().query('SELECT 1 FROM idempotency_records WHERE answer IS NULL')).length > 0;
          await waitFor('the claim', isClaimed);
          process.kill(stopped.pid, 'SIGSTOP');
          process.kill(s3.pid, 'SIGCONT');
          // Its lease of 60 s, which is not waited for.
          await cluster().query('UPDATE idempotency_records SET lease_until = 0 WHERE answer IS NULL');
          const id = await createOnce(other.url, name, content);
          process.kill(stopped.pid, 'SIGCONT');
          const answer = await first;
          if (answer?.status === 201) expect(((await answer.json()) as { hash_id: string }).hash_id).toBe(id);
          else expect([409, 503]).toContain(answer?.status ?? 503);
          expect(await createOnce(stopped.url, name, content)).toBe(id);
        } finally {
          process.kill(s3.pid, 'SIGCONT');
          process.kill(stopped.pid, 'SIGCONT');
        }
        const [{ n } = { n: 0 }] = await cluster().query<{ n: number }>(
          'SELECT count(*)::int AS n FROM payloads',
        );
        expect(n).toBe(round + 1);
      }
      await expectAgreement(cluster());
    },
    limitOf(rounds),
  );
});
