import { afterAll, beforeEach, expect, test } from 'bun:test';
import { type MovedRow, MoveRefused } from '../../../src/core/ports/moving.ts';
import { PgSql } from '../../../src/stores/postgres/database/driver.ts';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { takeOver } from '../../../src/stores/postgres/moving/arrival.ts';
import { PostgresMoveTarget } from '../../../src/stores/postgres/moving/move-target.ts';
import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';
import { migratedDatabase } from './open-postgres-stores.ts';

const move = { id: 'm', to: 'db.example/mayfly' };
const hour = 3_600_000;

function account(id: string, name: string | null): MovedRow {
  return {
    id,
    name,
    plan: 'free',
    email: null,
    claim_hash: Buffer.from(id),
    created_at: 1,
    expires_at: null,
    files_bucket_id: `${id}-files`,
    stored_bytes: 0,
    stored_objects: 0,
    reserved_bytes: 0,
    reserved_objects: 0,
  };
}

function payload(id: string, times: { created_at: number; expires_at: number }): MovedRow {
  const content = Buffer.from('content');
  return {
    id,
    mime_type: 'text/plain',
    content,
    blob_key: null,
    size: content.length,
    is_text: 1,
    ...times,
    reads_left: null,
    delete_token_hash: null,
    name: null,
    account_id: null,
  };
}

await suiteWithPostgres('the target of a move', () => {
  let sql: PgSql;
  let target: PostgresMoveTarget;

  beforeEach(async () => {
    await sql?.close();
    sql = new PgSql({ url: await migratedDatabase(await sharedPostgres()), pool: 2, prepare: false });
    target = new PostgresMoveTarget(sql);
  });
  afterAll(() => sql?.close());

  const read = <Row>(text: string) => sql.read<Row>(unprepared(text));
  const foreignKeys = () =>
    read(
      'SELECT conname, pg_get_constraintdef(oid) AS is FROM pg_constraint WHERE contype = $$f$$ ORDER BY conname',
    );

  test('has its foreign keys again at the end, and also when the move is undone', async () => {
    const before = await foreignKeys();
    expect(before.length).toBeGreaterThan(5);
    await target.begin(move, 0);
    expect(await foreignKeys()).toEqual([]);
    await target.complete({ objects: 7 }, { blobs: 'there' }, 0);
    expect(await foreignKeys()).toEqual(before);
    await target.begin(move, 0);
    expect(await target.undo(move)).toBe('undone');
    expect(await foreignKeys()).toEqual(before);
  });

  test('puts payloads into the ring only if their ids name the table for their times', async () => {
    await target.begin(move, 0);
    // Class 0 (up to an hour) has slots of 5 minutes; the id begins with class and slot.
    const times = { created_at: 0, expires_at: hour - 1 };
    const inRing = `0b${'1'.repeat(30)}`;
    const outside = [`0c${'2'.repeat(30)}`, `f${'3'.repeat(31)}`];
    await target.write(
      'payloads',
      [inRing, ...outside].map((id) => payload(id, times)),
      0,
      3,
    );
    expect(await read("SELECT replace(id::text, '-', '') AS id FROM payloads_11")).toEqual([{ id: inRing }]);
    expect(await read("SELECT replace(id::text, '-', '') AS id FROM payloads_legacy ORDER BY id")).toEqual(
      outside.map((id) => ({ id })),
    );
    await target.apply([{ table: 'payloads', rows: [], gone: [[inRing], [outside[0] ?? '']] }], 1, 0);
    expect((await target.totals()).sums).toMatchObject({ payloads: 1 });
  });

  test('stores lists, flags, bytes and text as they are, and U+0000 as U+FFFD', async () => {
    await target.begin(move, 0);
    await target.write('accounts', [account('a', 'acme')], 0, 1);
    const route = {
      account_id: 'a',
      slug: 's',
      max_size: 5,
      types: '["image/*","a \\"b\\" ü\\n"]',
      webhook_id: null,
    };
    await target.write('file_routes', [{ ...route, created_at: 2 }], 0, 1);
    expect(await read('SELECT types FROM file_routes')).toEqual([{ types: ['image/*', 'a "b" ü\n'] }]);
    const bucket = { id: 'b', account_id: 'a', name: 'x\0y', created_at: 1, is_public: 1, default_ttl: null };
    await target.write('buckets', [{ ...bucket, object_count: 2, size_bytes: 2 ** 40 }], 0, 1);
    expect(await read('SELECT name, is_public, size_bytes FROM buckets')).toEqual([
      { name: 'x\uFFFDy', is_public: true, size_bytes: 2 ** 40 },
    ]);
    await target.write('contents', [{ n: 9, data: Buffer.from([0, 255]) }], 0, 9);
    expect(await read("SELECT n, encode(data, 'hex') AS data FROM contents")).toEqual([
      { n: 9, data: '00ff' },
    ]);
    await target.complete({ contents: 41 }, {}, 0);
    await sql.write(unprepared("INSERT INTO contents (data) VALUES ('')"));
    expect(await read('SELECT max(n) AS n FROM contents')).toEqual([{ n: 42 }]);
  });

  test('takes a row whose name another one had until then, before that one is removed', async () => {
    await target.begin(move, 0);
    await target.write('accounts', [account('old', 'acme'), account('guest', null)], 0, 2);
    await target.write('accounts', [account('new', 'acme'), account('other guest', null)], 2, 4);
    await target.apply([{ table: 'accounts', rows: [account('new', 'acme')], gone: [['old']] }], 1, 0);
    expect(await read('SELECT id FROM accounts ORDER BY id')).toEqual(
      ['guest', 'new', 'other guest'].map((id) => ({ id })),
    );
  });

  test('lets only the last of two processes write', async () => {
    await target.begin(move, 0);
    const second = new PostgresMoveTarget(sql);
    await second.begin(move, 0);
    await expect(target.write('accounts', [account('a', 'a')], 0, 1)).rejects.toThrow(MoveRefused);
    await second.write('accounts', [account('b', 'b')], 0, 1);
    expect(await second.position('accounts')).toBe(1);
    await expect(new PostgresMoveTarget(sql).begin({ ...move, id: 'other' }, 0)).rejects.toThrow(
      'another move',
    );
  });

  test('is used by a server only after its end, and then no longer undone', async () => {
    await target.begin(move, 0);
    const refusal = expect.stringContaining('a move that has not ended');
    expect(await takeOver(sql)).toEqual(refusal);
    expect(await target.open(move, 0)).toBe('incomplete');
    await target.complete({}, {}, 0);
    expect(await takeOver(sql)).toEqual(refusal);
    expect(await target.open(move, 0)).toBe('open');
    expect(await takeOver(sql)).toBeUndefined();
    expect(await takeOver(sql)).toBeUndefined();
    expect(await target.undo(move)).toBe('not_here');
    expect(await target.open(move, 0)).toBe('open');
  });

  test('that lacks changes which the source has forgotten refuses everything but to be undone', async () => {
    await target.begin(move, 0);
    await target.apply([], 5, 0);
    await target.complete({}, {}, 5);
    const refusal = 'the target went back to an earlier time and lost changes';
    await expect(target.apply([], 7, 6)).rejects.toThrow(refusal);
    await expect(target.complete({}, {}, 6)).rejects.toThrow(refusal);
    await expect(target.open(move, 6)).rejects.toThrow(refusal);
    await expect(new PostgresMoveTarget(sql).begin(move, 6)).rejects.toThrow(refusal);
    expect(await target.undo(move)).toBe('undone');
    // Rows that are read from now on have those changes.
    await target.begin(move, 6);
    await target.complete({}, {}, 6);
  });

  test('that went back to before the move is filled again', async () => {
    expect(await target.open(move, 6)).toBe('incomplete');
    await target.begin(move, 6);
    await target.write('accounts', [account('a', 'a')], 0, 1);
    await target.complete({}, {}, 6);
    expect(await target.open(move, 6)).toBe('open');
  });

  test('writes a page only after the one before it', async () => {
    await target.begin(move, 0);
    await target.write('accounts', [account('a', 'a')], 0, 3);
    await expect(target.write('accounts', [account('c', 'c')], 5, 9)).rejects.toThrow('earlier time');
    expect(await target.position('accounts')).toBe(3);
    await target.write('accounts', [account('b', 'b')], 3, 5);
  });

  test('counts rows that are missing or have other values', async () => {
    await target.begin(move, 0);
    const times = { created_at: 0, expires_at: hour - 1 };
    const payloads = [`0b${'1'.repeat(30)}`, `0c${'2'.repeat(30)}`].map((id) => payload(id, times));
    await target.write('payloads', payloads, 0, 2);
    await target.write('accounts', [account('a', 'a'), account('b', null)], 0, 2);
    expect(await target.countDifferent('payloads', payloads)).toBe(0);
    expect(await target.countDifferent('accounts', [account('a', 'a'), account('b', null)])).toBe(0);
    expect(await target.countDifferent('accounts', [account('a', null), account('b', 'b')])).toBe(2);
    const others = payloads.map((row) => ({ ...row, content: Buffer.from('Content') }));
    expect(await target.countDifferent('payloads', others)).toBe(2);
    expect(await target.countDifferent('payloads', [payload(`0b${'3'.repeat(30)}`, times)])).toBe(1);
  });

  test('can be undone again if the first try was interrupted, and filled again', async () => {
    await target.begin(move, 0);
    await target.write('accounts', [account('a', 'a')], 0, 1);
    await target.complete({}, { secret: 'hash' }, 0);
    await target.open(move, 0);
    for (let tries = 0; tries < 2; tries += 1) expect(await target.undo(move)).toBe('undone');
    expect(await takeOver(sql)).toContain('a move that was undone');
    await target.begin({ ...move, id: 'next' }, 0);
    expect(await target.position('accounts')).toBe(0);
    expect((await target.totals()).sums.accounts).toBe(0);
  });

  test('keeps the name and the watermark of the database when the move is undone', async () => {
    await sql.write(unprepared("INSERT INTO deployment VALUES ('id', 'some'), ('watermark', '7')"));
    await target.begin(move, 0);
    await target.complete({}, { secret: 'hash' }, 0);
    expect(await target.undo(move)).toBe('undone');
    expect(await read("SELECT name FROM deployment WHERE name NOT LIKE 'move%' ORDER BY name")).toEqual([
      { name: 'id' },
      { name: 'watermark' },
    ]);
  });

  test('removes copied blobs that no row needs', async () => {
    await target.begin(move, 0);
    expect(await target.expectBlobs(['needed', 'unneeded'])).toEqual(['needed', 'unneeded']);
    await target.blobsCopied(['needed']);
    expect(await target.expectBlobs(['needed', 'unneeded'])).toEqual(['unneeded']);
    await target.write('parts', [{ owner_id: 'o', number: 1, blob_key: 'needed', size: 1, etag: '' }], 0, 1);
    await target.complete({}, {}, 0);
    await target.open(move, 0);
    expect(await read('SELECT key, purpose FROM blob_journal')).toEqual([
      { key: 'unneeded', purpose: 'remove' },
    ]);
  });
});
