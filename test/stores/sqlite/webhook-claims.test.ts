import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GroupCommit } from '../../../src/stores/sqlite/database/group-commit.ts';
import { DeliveryQueue } from '../../../src/stores/sqlite/outbox/delivery-queue.ts';
import { SqliteOutbox } from '../../../src/stores/sqlite/outbox/outbox.ts';
import { SqliteWebhookStore } from '../../../src/stores/sqlite/outbox/webhooks.ts';
import { openTemporaryStores } from './temporary-stores.ts';

/** The query plans of the statements of the outbox, found by their beginning or by a part of them. */
describe('in the outbox', () => {
  const { connection, close } = openTemporaryStores();
  const { raw } = connection;
  const statements: string[] = [];
  beforeAll(async () => {
    const { prepare } = raw;
    raw.prepare = ((text: string) => {
      statements.push(text);
      return prepare.call(raw, text);
    }) as typeof prepare;
    const writes = new GroupCommit(raw);
    const queue = new DeliveryQueue(connection);
    new SqliteOutbox({ connection, writes, queue });
    const store = new SqliteWebhookStore(connection, writes, queue);
    await store.deliveries('webhook', '7', 50);
    raw.prepare = prepare;
  });
  afterAll(close);

  function planOf(...marks: string[]): string {
    const statement = statements.find((text) => marks.every((mark) => text.includes(mark)));
    if (statement === undefined) throw new Error(`no statement with ${marks.join(' and ')}`);
    const named = Object.fromEntries(Array.from(statement.matchAll(/@(\w+)/g), ([, name]) => [name, 1]));
    const parameters =
      Object.keys(named).length > 0 ? [named] : Array.from(statement.matchAll(/\?/g), () => 1);
    const steps = raw.prepare<unknown[]>(`EXPLAIN QUERY PLAN ${statement}`).all(...parameters);
    return steps.map((step) => (step as { detail: string }).detail).join('\n');
  }
  /** Expects that nothing is scanned, except the first delivery of each webhook, by an index. */
  function expectIndexed(plan: string, ...indexes: string[]): void {
    for (const index of indexes) expect(plan).toContain(index);
    expect(plan).not.toMatch(
      /SCAN (?:webhook_deliveries|webhooks)(?! USING COVERING INDEX webhook_deliveries_due)/,
    );
    expect(plan).not.toContain('AUTOMATIC');
  }

  test('due deliveries are the first of each webhook, and no later ones are read', () => {
    const plan = planOf('SELECT delivery.id', 'next_of_each');
    expectIndexed(
      plan,
      'SEARCH webhook_deliveries USING COVERING INDEX webhook_deliveries_due (webhook_id>?)',
      'SEARCH webhook_deliveries USING COVERING INDEX webhook_deliveries_due (webhook_id=? AND next_attempt_at>?)',
    );
  });

  test('a claim finds each delivery by its id', () => {
    expectIndexed(
      planOf('UPDATE webhook_deliveries', '@claimedUntil'),
      'USING INDEX sqlite_autoindex_',
      '(id=?)',
    );
  });

  test('the oldest about a subject is found by webhook and subject, when one is entered and when one ends', () => {
    const bySubject = 'INDEX webhook_deliveries_subject (webhook_id=? AND subject=?)';
    for (const marks of [
      ['INSERT INTO webhook_deliveries'],
      ['WHERE n = (SELECT'],
      ['SELECT n FROM', 'LIMIT 1'],
    ])
      expectIndexed(planOf(...marks), bySubject);
  });

  test('pending deliveries of a webhook are found without ended ones, the newest of a subject first', () => {
    const plan = planOf("SET status = 'failed'", 'DESC');
    expectIndexed(plan, 'INDEX webhook_deliveries_subject (webhook_id=? AND subject>?)');
    expect(plan).not.toContain('TEMP B-TREE');
  });

  test('pending deliveries of a webhook are counted in the index only', () => {
    const plan = planOf('SELECT count(*) FROM webhook_deliveries WHERE webhook_id');
    expectIndexed(plan, 'COVERING INDEX webhook_deliveries_due (webhook_id=? AND next_attempt_at>?)');
  });

  test('the webhooks of an account are found through an index', () => {
    expectIndexed(planOf('SELECT id, events FROM webhooks'), 'INDEX webhooks_account_id (account_id=?)');
  });

  test('a list page of deliveries reads those of its webhook, from the cursor on', () => {
    const plan = planOf('from "webhook_deliveries"', 'order by "webhook_deliveries"."n" desc');
    expectIndexed(plan, 'INDEX webhook_deliveries_webhook_id (webhook_id=? AND rowid<?)');
    expect(plan).not.toContain('TEMP B-TREE');
  });
});
