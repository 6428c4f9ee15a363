import { afterAll, describe, expect, test } from 'bun:test';
import { DeliveryQueue } from '../../../src/stores/sqlite/delivery-queue.ts';
import { GroupCommit } from '../../../src/stores/sqlite/group-commit.ts';
import { SqliteWebhookStore } from '../../../src/stores/sqlite/webhooks.ts';
import { openTemporaryStores } from './temporary-stores.ts';

describe('a claim of deliveries', () => {
  const { connection, close } = openTemporaryStores();
  afterAll(close);

  test('finds what is due by the index on the next try, so that its cost follows what is due', async () => {
    const statements: string[] = [];
    const { prepare } = connection.raw;
    connection.raw.prepare = ((text: string) => {
      statements.push(text);
      return prepare.call(connection.raw, text);
    }) as typeof prepare;
    new SqliteWebhookStore(connection, new GroupCommit(connection.raw), new DeliveryQueue(connection));
    connection.raw.prepare = prepare;
    const text = statements.find((statement) => statement.includes('json_each')) ?? '';
    const values = Array.from(text.matchAll(/\?/g), () => 1);
    const plan = connection.raw.prepare<unknown[]>(`EXPLAIN QUERY PLAN ${text}`).all(...values);
    const steps = plan.map((step) => (step as { detail: string }).detail);
    expect(steps).toContainEqual(
      expect.stringMatching(
        /SEARCH webhook_deliveries USING (COVERING )?INDEX webhook_deliveries_next_attempt_at/,
      ),
    );
    expect(steps.filter((step) => /SCAN webhook_deliveries/.test(step))).toEqual([]);
  });
});
