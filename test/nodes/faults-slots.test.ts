import { expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesOf, textOf } from '../faults/content.ts';
import { post, put } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement, longerLeases } from './agreement.ts';

const rounds = roundsOr(2);
const writers = 8;
/** How long one round lasts (ms): several expiries and sweeps. */
const roundTime = 10_000;
/** A payload is read until shortly before its expiry (ms after its write). */
const certainlyAlive = 1500;

// A table of the ring is emptied 2 s after its last expiry. With TTLs of 2 s and pauses of the same order, the table
// that is written to is emptied again and again.
const env = { ...longerLeases, SWEEP_CRON: '* * * * * *' };

await suiteOnCluster('a table of payloads that is emptied', { env, clockless: false }, (cluster) => {
  /** TRUNCATE gives a table a new file. */
  async function filesOfTables(): Promise<string> {
    const rows = await cluster().query<{ files: string }>(
      `SELECT string_agg(relfilenode::text, ',' ORDER BY relname) AS files FROM pg_class
       WHERE relname ~ '^payloads_[0-9]{2}$'`,
    );
    return rows[0]?.files ?? '';
  }

  test(
    'keeps what is published at that moment, inline and in S3, and leaves no orphan',
    async () => {
      const problems: string[] = [];
      const files = new Set<string>();

      async function write(name: string, isBlob: boolean): Promise<void> {
        const { url } = cluster();
        const content = isBlob ? bytesOf(name, 80 * 1024) : Buffer.from(textOf(name, 1000));
        const began = performance.now();
        const id = await (isBlob
          ? put(url, content, '?ttl=2')
          : post(url, { content: String(content), ttl: 2 }));
        while (performance.now() < began + certainlyAlive) {
          const response = await fetch(`${url}/raw/${id}`);
          const found = Buffer.from(await response.arrayBuffer());
          if (performance.now() < began + certainlyAlive && !found.equals(content))
            problems.push(`${name}: ${response.status}, ${found.length} bytes`);
          await sleep(50);
        }
      }

      for (let round = 0; round < rounds; round += 1) {
        const end = performance.now() + roundTime;
        const client = async (writer: number) => {
          for (let count = 0; performance.now() < end; count += 1) {
            const name = `${round} ${writer} ${count}`;
            await write(name, writer % 2 === 0).catch((error) => problems.push(`${name}: ${error}`));
            // All writers wait until the table is due, and publish while the nodes empty it.
            await waitFor('no living row', async () => (await livingRows()) === 0);
            await sleep(2000 + 1000 * Math.random());
            files.add(await filesOfTables());
          }
        };
        await Promise.all(Array.from({ length: writers }, (_, writer) => client(writer)));
      }
      expect(problems).toEqual([]);
      // It was emptied several times.
      expect(files.size).toBeGreaterThan(rounds);
      await waitFor('S3 to be empty', async () => (await cluster().s3.listKeys('blobs/')).length === 0, {
        timeoutMs: 30_000,
        everyMs: 250,
      });
      await expectAgreement(cluster());
    },
    limitOf(rounds),
  );

  async function livingRows(): Promise<number> {
    const rows = await cluster().query<{ n: number }>(
      'SELECT count(*)::int AS n FROM payloads WHERE expires_at > extract(epoch FROM clock_timestamp()) * 1000',
    );
    return rows[0]?.n ?? 0;
  }
});
