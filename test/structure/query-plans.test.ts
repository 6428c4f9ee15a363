import { beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { hashSecret } from '../../src/core/ids.ts';
import { openConnection } from '../../src/stores/sqlite/database/connection.ts';
import { createSqliteStores, type SqliteStores } from '../../src/stores/sqlite/index.ts';
import { someAccount } from '../ports/some-object.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let raw: Database.Database;
let stores: SqliteStores;
let statements: string[];

beforeEach(() => {
  const connection = openConnection(join(temporaryDirectory('plans'), 'mayfly.db'));
  raw = connection.raw;
  statements = [];
  const { prepare } = Database.prototype;
  raw.prepare = ((sql: string) => {
    statements.push(sql);
    return prepare.call(raw, sql);
  }) as Database.Database['prepare'];
  stores = createSqliteStores(connection);
});

/** The query plan of the prepared statement that contains all of `marks`. */
function planOf(...marks: RegExp[]): string {
  const found = statements.filter((sql) => marks.every((mark) => mark.test(sql)));
  const [statement] = found;
  if (statement === undefined) throw new Error(`no statement with ${marks.join(' ')}`);
  const parameters = Array.from(statement.matchAll(/\?/g), () => 1);
  const rows = raw.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(...parameters) as { detail: string }[];
  return rows.map(({ detail }) => detail).join('\n');
}

/** No table is scanned and nothing is sorted, so the cost depends only on the result. */
function expectIndexed(plan: string, ...indexes: string[]): void {
  for (const index of indexes) expect(plan).toContain(index);
  expect(plan).not.toMatch(/SCAN (?!.*(?:USING|VIRTUAL TABLE))/);
  expect(plan).not.toContain('TEMP B-TREE');
  expect(plan).not.toContain('AUTOMATIC');
}

describe('the sweep', () => {
  test('finds expired payloads in the index on their expiry, and removes them by their numbers', () => {
    const expired = planOf(/^SELECT n FROM payloads WHERE expires_at <= \? ORDER BY/);
    expect(expired).toBe('SEARCH payloads USING COVERING INDEX payloads_expires_at (expires_at<?)');
    const removal = planOf(/^delete from "payloads"/, /json_each/);
    expectIndexed(removal, 'SEARCH payloads USING INTEGER PRIMARY KEY (rowid=?)');
  });

  test('finds expired uploads and objects through the index on their expiry', () => {
    expectIndexed(planOf(/^delete from "uploads"/, /order by/i), 'INDEX uploads_expires_at');
    const objects = planOf(/^select .* from "objects" where "objects"."expires_at" <= \?/);
    expectIndexed(objects, 'INDEX objects_expires_at');
  });

  test('finds expired accounts through an index, and their contents by their booked usage', () => {
    const plan = planOf(/^select "id" from "accounts"/, /"expires_at" <= \?/);
    expectIndexed(plan, 'INDEX accounts_expires_at');
    expect(plan).not.toMatch(/uploads|objects/);
    const ofDeliveries = planOf(/^DELETE FROM webhook_deliveries/, /account_id = \?/);
    expectIndexed(ofDeliveries, 'INDEX webhooks_account_id');
    expectIndexed(ofDeliveries, 'INDEX webhook_deliveries_webhook_id');
  });

  test('finds ended deliveries through the index on their creation', () => {
    expectIndexed(planOf(/^delete from "webhook_deliveries"/), 'INDEX webhook_deliveries_created_at');
  });

  test.each(['objects', 'uploads'])('finds the earliest expiry of %s without reading them', (table) => {
    const mark = new RegExp(`^select "expires_at" from "${table}"`);
    expectIndexed(planOf(mark, /order by/i), `INDEX ${table}_expires_at`);
  });
});

describe('a read', () => {
  test('of a public file uses the index on its public key', () => {
    const plan = planOf(/from "objects" where "objects"."public_id" = \?/);
    expectIndexed(plan, 'INDEX objects_public_id (public_id=?)');
  });

  test('of an object uses its id, or its bucket and key', () => {
    expectIndexed(planOf(/from "objects" where \("objects"."id" = \?/), 'INDEX objects_id_unique (id=?)');
    const byKey = planOf(/from "objects" where \("objects"."bucket_id" = \? and "objects"."key" = \?/);
    expectIndexed(byKey, 'INDEX objects_bucket_id_key (bucket_id=? AND key=?)');
  });

  test('of a credential uses the hash of its secret', async () => {
    await stores.accounts.findCredential(hashSecret('secret'));
    expectIndexed(planOf(/from "keys" where/, /"hash" = \?/), 'INDEX keys_hash_unique (hash=?)');
  });

  test('of an upload uses its id', () => {
    expectIndexed(
      planOf(/^select .*from "uploads" where "uploads"."id" = \?/),
      'INDEX uploads_id_unique (id=?)',
    );
  });

  test('of parts uses their owner, in the order of their numbers', () => {
    expectIndexed(planOf(/from "parts" where "parts"."owner_id" = \? order by/), 'owner_id=?');
  });
});

test('a claim finds the files that would expire with the account through an index', async () => {
  const account = someAccount({ claimHash: hashSecret('claim'), expiresAt: 2 });
  await stores.accounts.insert(account);
  await stores.accounts.claim(hashSecret('claim'), { email: 'a@b.c', plan: 'free', expiresAt: null }, 1);
  expectIndexed(planOf(/^update "objects" set "expires_at"/), 'SEARCH objects');
});

describe('a list of files', () => {
  const list = (filter: object) => stores.objects.list('bucket', filter, 1, 51);

  test('reads a bucket in its order from the cursor on, so that every list page costs the same', async () => {
    await list({});
    expectIndexed(planOf(/from "objects"/, /desc limit/), 'INDEX objects_bucket_id_n (bucket_id=?)');
    statements.length = 0;
    await list({ before: 7 });
    const next = planOf(/from "objects"/, /desc limit/);
    expectIndexed(next, 'INDEX objects_bucket_id_n (bucket_id=? AND n<?)');
  });

  test('reads it in the same order if it is filtered', async () => {
    await list({ prefix: 'a', tag: 'b', before: 7 });
    expectIndexed(planOf(/from "objects"/, /desc limit/), 'INDEX objects_bucket_id_n (bucket_id=? AND n<?)');
  });
});

describe('a list of a bucket', () => {
  test('reads it in the order of keys, from the beginning of the list page', async () => {
    expectIndexed(
      planOf(/from "objects"/, /"key" >= \?/, /order by "objects"."key" limit/),
      'INDEX objects_bucket_id_key (bucket_id=? AND key>?',
    );
    expectIndexed(
      planOf(/from "objects"/, /"key" < \?/, /order by "objects"."key" limit/),
      'INDEX objects_bucket_id_key (bucket_id=? AND key>? AND key<?)',
    );
  });

  test('of its usage reads only what has expired', () => {
    expectIndexed(planOf(/AS bytes FROM objects/), 'INDEX objects_bucket_id_expires_at');
  });
});

describe('foreign keys', () => {
  test('each have an index, so that the removal of the referenced row scans no table', () => {
    const missing: string[] = [];
    const tables = raw
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .pluck()
      .all();
    for (const table of tables) {
      const indexes = raw.pragma(`index_list(${table})`) as { name: string }[];
      const first = indexes.map(
        ({ name }) => (raw.pragma(`index_info(${name})`) as { name: string }[])[0]?.name,
      );
      for (const { from } of raw.pragma(`foreign_key_list(${table})`) as { from: string }[])
        if (!first.includes(from)) missing.push(`${table}.${from}`);
    }
    expect(missing).toEqual([]);
  });
});
