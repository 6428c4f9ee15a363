import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Queries, Sql, Statement, Values } from '../../../src/stores/postgres/database/sql.ts';
import { Writes } from '../../../src/stores/postgres/database/writes.ts';
import { DeliveryQueue } from '../../../src/stores/postgres/outbox/delivery-queue.ts';
import { PostgresOutbox } from '../../../src/stores/postgres/outbox/outbox.ts';
import { PostgresWebhookStore } from '../../../src/stores/postgres/outbox/webhooks.ts';
import { claimOf } from '../../ports/claims.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { openPostgresStores, type TemporaryStores } from './open-postgres-stores.ts';
import { surrounded } from './surrounded.ts';

const pending = 20_000;
/** Much less than any statement that reads all pending deliveries. */
const few = 200;

type Step = {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Step[];
};

/** How many deliveries an executed plan has read. */
function deliveriesRead(step: Step): number {
  const children = (step.Plans ?? []).reduce((sum, child) => sum + deliveriesRead(child), 0);
  if (step['Relation Name'] !== 'webhook_deliveries') return children;
  return (
    children +
    (step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0)) * Math.max(step['Actual Loops'], 1)
  );
}

/** A database that also explains each statement. @param onRead Gets how many deliveries it read. */
function explaining(sql: Sql, onRead: (count: number) => void): Sql {
  const explained = async <Row>(queries: Queries, statement: Statement, values?: Values) => {
    // The plan is that of an execution, which is undone.
    await queries.run({ text: 'SAVEPOINT explained' });
    const explanation = { text: `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${statement.text}` };
    const { rows } = await queries.run<{ 'QUERY PLAN': { Plan: Step }[] }>(explanation, values);
    for (const { Plan } of rows[0]?.['QUERY PLAN'] ?? []) onRead(deliveriesRead(Plan));
    await queries.run({ text: 'ROLLBACK TO explained' });
    return queries.run<Row>(statement, values);
  };
  return surrounded(sql, explained);
}

/** How many rows the statements of the outbox read. One webhook has most of the deliveries. */
await suiteWithPostgres(`with ${pending} pending deliveries of one webhook in PostgreSQL`, () => {
  let stores: TemporaryStores;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const opened = await openPostgresStores();
    ({ stores, close } = opened);
    for (const text of [
      `INSERT INTO accounts
         (id, plan, created_at, files_bucket_id, stored_bytes, stored_objects, reserved_bytes, reserved_objects)
       VALUES ('account', 'free', 0, 'files', 0, 0, 0, 0)`,
      `INSERT INTO webhooks (id, account_id, url, events, created_at)
       SELECT 'hook ' || i, 'account', 'https://example.com', '{object.created}', i FROM generate_series(0, 20) AS i`,
      // Half of the deliveries are about one subject.
      `INSERT INTO webhook_deliveries
         (id, webhook_id, event, subject, body, status, attempts, next_attempt_at, created_at)
       SELECT i::text, 'hook ' || CASE WHEN i % 100 = 1 THEN i / 100 % 20 + 1 ELSE 0 END, 'object.created',
         'bucket/' || CASE WHEN i % 2 = 0 THEN 0 ELSE i END, '{}', 'pending', 0,
         CASE WHEN i % 2 = 0 AND i > 2 THEN 8640000000000000 ELSE i END, i
       FROM generate_series(1, ${pending}) AS i`,
      'ANALYZE webhooks, webhook_deliveries',
    ])
      await stores.sql.write({ text });
  });
  afterAll(() => close());

  /** The most deliveries that one statement of `work` read. */
  async function mostRead(
    work: (outbox: PostgresOutbox, webhooks: PostgresWebhookStore, writes: Writes) => Promise<unknown>,
  ): Promise<number> {
    let most = 0;
    const onRead = (count: number) => {
      most = Math.max(most, count);
    };
    const writes = new Writes(explaining(stores.sql, onRead));
    const queue = new DeliveryQueue();
    await work(new PostgresOutbox(writes, queue), new PostgresWebhookStore(writes, queue), writes);
    return most;
  }

  test('the due deliveries are found without reading others', async () => {
    let due: unknown[] = [];
    const most = await mostRead(async (outbox) => {
      due = await outbox.due(pending);
    });
    expect(due).toHaveLength(21);
    expect(most).toBeLessThan(few);
  });

  test('claims read the deliveries that they name', async () => {
    const claimed: unknown[] = [];
    const most = await mostRead(async (outbox) => {
      claimed.push(...(await outbox.claim(['1', '3', '5'], pending, 1000)));
    });
    expect(claimed).toHaveLength(3);
    expect(most).toBeLessThan(few);
  });

  test('a delivery is entered, tried, ended and repeated without reading others about its subject', async () => {
    const most = await mostRead(async (outbox, webhooks, writes) => {
      const event = { event: 'object.created', subject: 'bucket/0', body: '{}', createdAt: pending };
      await writes.atomic((tx) => outbox.enter(tx, { ...event, id: 'new', webhookId: 'hook 0' }));
      const [two, four] = ['2', '4'].map((id) => claimOf({ id, attempts: 0 }, 'hook 0'));
      if (!two || !four) throw new Error('impossible');
      await outbox.failed(two, 500, pending, pending);
      await outbox.failed(two, 500, null, pending);
      await outbox.delivered(four, 200, pending);
      await webhooks.redeliver('account', 'hook 0', '2', pending);
    });
    expect(most).toBeLessThan(few);
  });

  test('a page of deliveries reads those of the page, and the oldest about each subject', async () => {
    expect(await mostRead((_, webhooks) => webhooks.deliveries('hook 0', '15000', 50))).toBeLessThan(few);
  });

  test('the deliveries of an inactive webhook fail in batches that read only their own', async () => {
    const most = await mostRead(async (_, webhooks) => {
      await webhooks.update('account', 'hook 0', { active: false });
      expect(await webhooks.abandonPending('hook 0', 40)).toBe(40);
    });
    expect(most).toBeLessThan(few);
  });
});
