import { afterAll, beforeAll, expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newHashId } from '../../../src/core/ids.ts';
import { OutcomeUnknown } from '../../../src/core/outcome-unknown.ts';
import { openServer } from '../../../src/stores/postgres/database/open.ts';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { createPostgresStores } from '../../../src/stores/postgres/index.ts';
import { leaseTime } from '../../ports/claims.ts';
import { somePayload } from '../../ports/some-payload.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';

type Node = Awaited<ReturnType<typeof openNode>>;

const timeout = 120_000;
const now = Date.UTC(2025, 2, 1);
const timers = { every: () => () => undefined, sleep: (time: number) => sleep(time) };

/** A process with the database, as `DATABASE_HA=true` opens it. */
async function openNode(url: string) {
  const options = { url: () => url, directUrl: () => url, pool: 2, prepare: true, isUntested: false };
  const server = await openServer({ ...options, hasStandby: true }, timers);
  const stores = createPostgresStores(server.sql, {}, { standby: server.standby });
  return { sql: server.sql, stores, stop: () => Promise.all([server.stopWatching(), stores.close()]) };
}

// Rules: docs/high-availability.md, "What clients see".
await suiteWith(['postgres'], 'a write that a restarted primary has and its standby lacks', () => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let writer: Node;
  let other: Node;

  beforeAll(async () => {
    primary = await startPostgres();
    const url = await primary.createDatabase();
    await administer('GRANT pg_read_all_stats TO mayfly');
    standby = await startPostgres({
      standbyOf: primary,
      settings: { wal_retrieve_retry_interval: '100ms' },
    });
    await administer("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await administer('SELECT pg_reload_conf()');
    const isSynchronous = async () =>
      (await administer("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'")).length === 1;
    await waitFor('the standby', isSynchronous, { timeoutMs: 60_000 });
    writer = await openNode(url);
    other = await openNode(url);
  }, timeout);

  afterAll(async () => {
    await Promise.all([writer?.stop(), other?.stop()]);
    await standby?.stop();
    await primary?.stop();
  }, timeout);

  async function administer(statement: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: primary.adminUrl() });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }

  const countWaiting = async () =>
    (await administer("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'")).length;

  /** What a call throws. */
  const why = (call: Promise<unknown>) =>
    call.then(
      () => 'no error',
      (error: { code?: string; cause?: Error }) => `${error.code}: ${error.cause?.message}`,
    );
  const lacksIt = 'store_away: the standby does not have what the primary shows';

  test(
    'is acknowledged by no other node before the standby has it',
    async () => {
      const id = newHashId();
      const claim = ({ stores }: Node, holder: string) =>
        stores.idempotency.claim(
          { id, fingerprint: 'f', holder, expiresAt: now + 60_000, answer: null },
          now,
          leaseTime,
        );
      const payload = somePayload();
      // Both connections are opened, and then known: a write on a new one would wait before it is sent.
      await Promise.all([writer.stores.payloads.insert(payload), claim(writer, 'the writer')]);
      await writer.stores.idempotency.release(newHashId(), 'nobody');

      standby.pause();
      const answer = { id, holder: 'the writer', sealed: Uint8Array.of(1) };
      const writes = [
        writer.stores.idempotency.answer(answer),
        writer.stores.payloads.remove(payload.id, now),
      ].map((write) => write.catch((error: unknown) => error));
      await waitFor('the wait for the standby', async () => (await countWaiting()) === writes.length);
      await primary.kill();
      for (const outcome of await Promise.all(writes)) expect(outcome).toBeInstanceOf(OutcomeUnknown);
      await primary.restart();

      // It shows both writes, which are lost if the standby takes over.
      const answers = () =>
        other.sql.read(unprepared('SELECT answer FROM idempotency_records WHERE id = $1'), [id]);
      expect(await waitFor('the primary', answers, { timeoutMs: 30_000 })).toEqual([
        { answer: Buffer.of(1) },
      ]);
      expect(await other.stores.payloads.find(payload.id)).toBeUndefined();
      expect(await why(other.stores.payloads.remove(payload.id, now))).toBe(lacksIt);
      expect(await why(claim(other, 'another one'))).toBe(lacksIt);

      standby.resume();
      const replayed = await waitFor('the standby', () => claim(other, 'another one'), {
        timeoutMs: 60_000,
      });
      expect(replayed).toMatchObject({ holder: 'the writer', answer: Buffer.of(1) });
      expect(await other.stores.payloads.remove(payload.id, now)).toBe(false);
    },
    timeout,
  );
});
