import { afterAll, beforeAll, expect, test } from 'bun:test';
import { hashSecret, newHashId } from '../../../src/core/ids.ts';
import type { Queries, Sql, Statement, Values } from '../../../src/stores/postgres/database/sql.ts';
import { createPostgresStores, type PostgresStores } from '../../../src/stores/postgres/index.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { openPostgresStores, type TemporaryStores } from './open-postgres-stores.ts';
import { surrounded } from './surrounded.ts';

/** A database that also collects the plan of each statement, with sequential scans only where no index helps. */
function explaining(sql: Sql, plans: string[]): Sql {
  const explained = async <Row>(queries: Queries, statement: Statement, values?: Values) => {
    await queries.run({ text: 'SET LOCAL enable_seqscan = off' });
    const explanation = { text: `EXPLAIN (COSTS OFF) ${statement.text}` };
    const { rows } = await queries.run<{ 'QUERY PLAN': string }>(explanation, values);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
    await queries.run({ text: 'SET LOCAL enable_seqscan = on' });
    return queries.run<Row>(statement, values);
  };
  return surrounded(sql, explained);
}

const now = Date.UTC(2025, 2, 1);
const id = newHashId();

const calls: Record<string, (stores: PostgresStores) => Promise<unknown>> = {
  'a read of a payload': ({ payloads }) => payloads.find(id),
  'a counted read': ({ payloads }) => payloads.takeRead(id, now),
  'a sweep of payloads': ({ payloads }) => payloads.expire(now, 100),
  'the earliest expiry of payloads': ({ payloads }) => payloads.earliestExpiry(),
  'a credential': ({ accounts }) => accounts.findCredential(hashSecret('secret')),
  'an account': ({ accounts }) => accounts.find('account'),
  'an account by its name': ({ accounts }) => accounts.findByName('name'),
  'a sweep of accounts': ({ accounts }) => accounts.expire(now, 100),
  'an object by its id': ({ objects }) => objects.find('bucket', id),
  'an object by its key': ({ objects }) => objects.findByKey('bucket', 'key'),
  'a public file': ({ objects }) => objects.findPublic('public'),
  'a list of files': ({ objects }) => objects.list('bucket', {}, now, 51),
  'a sweep of objects': ({ objects }) => objects.expire(now, 100, () => []),
  'the earliest expiry of objects': ({ objects }) => objects.earliestExpiry(),
  'an upload': ({ uploads }) => uploads.find(id),
  'the parts of an upload': ({ uploads }) => uploads.parts(id),
  'a sweep of uploads': ({ uploads }) => uploads.expire(now, 100),
  'the earliest expiry of uploads': ({ uploads }) => uploads.earliestExpiry(),
  'a claim of due blobs': ({ journal }) => journal.claimDue(now, 1000, 100),
  'the end of blobs': ({ journal }) => journal.forget([{ key: id, attempts: 1 }], now),
  'a sweep of idempotency records': ({ idempotency }) => idempotency.expire(now, 100),
};

await suiteWithPostgres('the query plans of PostgreSQL', () => {
  let opened: TemporaryStores;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ stores: opened, close } = await openPostgresStores());
  });
  afterAll(() => close());

  test.each(Object.entries(calls))('of %s scan no table', async (_, call) => {
    const plans: string[] = [];
    await call(createPostgresStores(explaining(opened.sql, plans)));
    expect(plans).not.toEqual([]);
    for (const plan of plans) expect(plan).not.toContain('Seq Scan');
  });

  test('can find the rows that refer to a removed row through an index', async () => {
    const missing = await opened.sql.read({
      text: `SELECT conrelid::regclass::text AS table, conname FROM pg_constraint
             WHERE contype = 'f' AND NOT EXISTS (
               SELECT FROM pg_index
               WHERE indrelid = conrelid AND indkey[0] = conkey[1] AND indpred IS NULL)`,
    });
    expect(missing).toEqual([]);
  });
});
