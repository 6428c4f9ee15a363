import { afterAll, beforeEach, expect, test } from 'bun:test';
import { PgSql } from '../../../src/stores/postgres/database/driver.ts';
import { migrateDatabase } from '../../../src/stores/postgres/database/migrations.ts';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { PostgresMoveTarget } from '../../../src/stores/postgres/moving/move-target.ts';
import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';

const move = { id: 'm', to: 'db.example/mayfly' };

// Rules: docs/postgresql.md, "Moving to PostgreSQL".
await suiteWithPostgres('the target of an odd move', () => {
  let sql: PgSql;
  let target: PostgresMoveTarget;
  let url: string;
  beforeEach(async () => {
    await sql?.close();
    url = await (await sharedPostgres()).createDatabase();
    sql = new PgSql({ url, pool: 2, prepare: false });
    // The role has a schema of its own, which then has all tables.
    await sql.write(unprepared('CREATE SCHEMA mayfly'));
    await migrateDatabase(url);
    target = new PostgresMoveTarget(sql);
    await target.begin(move, 0);
  });
  afterAll(() => sql?.close());
  const read = <Row>(text: string) => sql.read<Row>(unprepared(text));

  test('has no foreign keys while rows come in any order, also in a schema of the role', async () => {
    const foreignKeys = () => read("SELECT conname FROM pg_constraint WHERE contype = 'f' ORDER BY conname");
    expect(await foreignKeys()).toEqual([]);
    await target.complete({}, {}, 0);
    expect((await foreignKeys()).length).toBeGreaterThan(5);
  });

  test('stores U+FFFD for what SQLite has and no Unicode text can', async () => {
    const object = {
      ...{ n: 1, id: 'file', bucket_id: 'b', account_id: 'a', key: 'k', public_id: 'p', name: 'name' },
      ...{ mime_type: 'text/plain', content_encoding: null, is_public: 1, prefix: null, metadata: null },
      ...{ tags: '["a\\ud800","b\\u0000"]', content_n: 1, blob_key: null, is_text: 1, size: 1, etag: 'e' },
      ...{
        digest: null,
        created_at: 1,
        updated_at: 1,
        expires_at: null,
        downloads: 0,
        last_download_at: null,
      },
    };
    await target.write('objects', [object], 0, 1);
    expect(await read('SELECT tags FROM objects')).toEqual([{ tags: ['a\ufffd', 'b\ufffd'] }]);
  });
});
