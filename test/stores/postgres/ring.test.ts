import { expect, test } from 'bun:test';
import pg from 'pg';
import { newHashId } from '../../../src/core/ids.ts';
import { newPayloadId } from '../../../src/core/payloads/payload-id.ts';
import type { PlacedPayload } from '../../../src/core/ports/payload-store.ts';
import { PostgresBlobJournal } from '../../../src/stores/postgres/content/journal.ts';
import { Writes } from '../../../src/stores/postgres/database/writes.ts';
import { ObjectRows } from '../../../src/stores/postgres/files/object-rows.ts';
import { PostgresPayloadStore } from '../../../src/stores/postgres/payloads/payloads.ts';
import { openedForSuite } from '../../ports/opened.ts';
import { somePayload } from '../../ports/some-payload.ts';
import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';
import { openPostgresStores } from './open-postgres-stores.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.UTC(2026, 0, 1);

/** The classes of the ring: the longest life in each, and how long a slot takes new payloads. */
const classes = [
  { life: hour, width: 5 * minute },
  { life: day, width: 2 * hour },
  { life: 14 * day, width: day },
  { life: 392 * day, width: 28 * day },
];
const slots = 16;

/** A payload of the ring with these times. */
function ringPayload(createdAt: number, expiresAt: number, given: Partial<PlacedPayload> = {}) {
  return somePayload({ id: newPayloadId({ createdAt, expiresAt }), createdAt, expiresAt, ...given });
}

const tableOf = (leaf: number) => `payloads_${String(leaf).padStart(2, '0')}`;
const leafOf = ({ id }: { id: string }) => Number.parseInt(id.slice(0, 2), 16);

await suiteWithPostgres('the ring of payload tables', () => {
  const connections = openedForSuite(openPostgresStores, 2);
  const stores = () => connections()[0];

  const select = async <Row>(text: string, values: unknown[] = []) =>
    stores().sql.read<Row>({ text }, values);
  const tableWith = async (id: string) => {
    const rows = await select<{ table: string }>(
      'SELECT tableoid::regclass::text AS table FROM payloads WHERE id = $1',
      [id],
    );
    return rows[0]?.table;
  };
  const counted = async (leaf: number) => {
    const [row] = await select<{ rows: number; bytes: number; anonymous: number }>(
      `SELECT coalesce(sum(inline_rows), 0)::int8 AS rows, coalesce(sum(inline_bytes), 0)::int8 AS bytes,
         coalesce(sum(anonymous_bytes), 0)::int8 AS anonymous FROM storage_counters WHERE leaf = $1`,
      [leaf],
    );
    return row;
  };
  async function sweep(time: number, { payloads } = stores()) {
    let removed = 0;
    for (let isDone = false; !isDone; ) {
      const batch = await payloads.expire(time, 100);
      removed += batch.removed;
      isDone = batch.isDone;
    }
    return removed;
  }
  async function insert(...rows: PlacedPayload[]) {
    const outcomes = await Promise.all(rows.map((row) => stores().payloads.insert(row)));
    expect(outcomes).toEqual(rows.map(() => 'stored'));
  }
  /** Runs `work` while another session holds what `statement` locks. */
  async function whileLocked(statement: string, work: () => Promise<void>) {
    const client = new pg.Client({ connectionString: stores().url });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(statement);
      await work();
    } finally {
      await client.end();
    }
  }

  test.each(classes.map((each, index) => ({ ...each, index })))(
    'has a table for each slot of class $index',
    async ({ life, width, index }) => {
      for (let slot = 0; slot < slots; slot += 1) {
        const expiresAt = (Math.floor(now / width / slots) * slots + slot) * width;
        const row = ringPayload(expiresAt - life, expiresAt);
        await insert(row);
        expect(await tableWith(row.id)).toBe(tableOf(index * slots + slot));
        expect((await stores().payloads.find(row.id))?.id).toBe(row.id);
        expect(await stores().payloads.remove(row.id, 0)).toBe(true);
      }
    },
  );

  test('leaves out payloads whose id names another table, or that live too long', async () => {
    const outside = [
      ringPayload(now, now + 393 * day),
      ringPayload(now, now + hour, { id: newPayloadId({ createdAt: now, expiresAt: now + day }) }),
      ringPayload(now, now + hour, { id: `f${newHashId().slice(1)}` }),
    ];
    await insert(...outside);
    for (const { id } of outside) {
      expect(await tableWith(id)).toBeUndefined();
      expect((await stores().payloads.find(id))?.id).toBe(id);
      expect(await stores().payloads.remove(id, now)).toBe(true);
    }
  });

  test('empties a table 2 s after its last expiry, and keeps one with a row that lives', async () => {
    const start = now + day;
    const dead = [1, 2, 3].map((n) => ringPayload(start, start + n * 1000));
    const alive = ringPayload(start, start + 30 * minute);
    await insert(...dead, alive);
    const leaf = leafOf({ id: dead[0]?.id ?? '' });
    expect(await sweep(start + 4999)).toBe(0);
    expect(await counted(leaf)).toEqual({ rows: 3, bytes: 39, anonymous: 39 });
    expect(await sweep(start + 5000)).toBe(3);
    expect(await select(`SELECT 1 FROM ${tableOf(leaf)}`)).toEqual([]);
    expect(await counted(leaf)).toEqual({ rows: 0, bytes: 0, anonymous: 0 });
    expect((await stores().payloads.find(alive.id))?.id).toBe(alive.id);
    expect(await sweep(start + hour)).toBe(1);
  });

  test('removes the file of a table from which all rows were deleted', async () => {
    const row = ringPayload(now, now + 7 * day);
    await insert(row);
    expect(await stores().payloads.remove(row.id, now)).toBe(true);
    await sweep(now);
    const size = await select(`SELECT pg_relation_size('${tableOf(leafOf(row))}') AS bytes`);
    expect(size).toEqual([{ bytes: 0 }]);
  });

  test('deletes the rows of an earlier lap from a table with rows that live', async () => {
    const start = now + 2 * day;
    const lap = 16 * 5 * minute;
    const old = ringPayload(start, start + hour);
    const alive = ringPayload(start + 36 * lap, start + 36 * lap + hour);
    await insert(old, alive);
    expect(leafOf(old)).toBe(leafOf(alive));
    expect(await sweep(start + 36 * lap)).toBe(1);
    expect(await stores().payloads.find(old.id)).toBeUndefined();
    expect((await stores().payloads.find(alive.id))?.id).toBe(alive.id);
    expect(await counted(leafOf(alive))).toEqual({ rows: 1, bytes: 13, anonymous: 13 });
    expect(await sweep(start + 40 * lap)).toBe(1);
  });

  test('is emptied by deleting rows where TRUNCATE is not safe', async () => {
    const start = now + 50 * day;
    const dead = Array.from({ length: 5 }, () => ringPayload(start, start + 1000));
    await insert(...dead);
    const { sql } = stores();
    const writes = new Writes(sql);
    const rows = new ObjectRows(sql, new PostgresBlobJournal(writes));
    const payloads = new PostgresPayloadStore({ writes, rows, emptySlots: 'delete' });
    expect(await payloads.expire(start + 3000, 2)).toEqual({ removed: 2, isDone: false });
    expect(await payloads.expire(start + 3000, 10)).toEqual({ removed: 3, isDone: true });
    expect(await counted(leafOf(dead[0] ?? { id: '' }))).toEqual({ rows: 0, bytes: 0, anonymous: 0 });
  });

  test('names the last expiry of a table as the time at which its rows go', async () => {
    const start = now + 3 * day;
    await insert(ringPayload(start, start + 1000), ringPayload(start, start + 2000));
    expect(await stores().payloads.earliestExpiry()).toBe(start + 2000);
    await sweep(start + hour);
    expect(await stores().payloads.earliestExpiry()).toBeUndefined();
  });

  test('writes at most 256 KB of log to empty a table of 1,000 rows', async () => {
    const start = now + 4 * day;
    const content = { kind: 'inline', data: Buffer.alloc(8000, 1) } as const;
    const row = () => ringPayload(start, start + 1000, { content, size: 8000 });
    await insert(...Array.from({ length: 1000 }, row));
    const position = async () =>
      (await select<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn'))[0]?.lsn;
    const before = await position();
    expect(await sweep(start + minute)).toBe(1000);
    const end = await position();
    const { adminUrl } = await sharedPostgres();
    const admin = new pg.Client({ connectionString: adminUrl(new URL(stores().url).pathname.slice(1)) });
    await admin.connect();
    await admin.query('CREATE EXTENSION pg_walinspect');
    // Other databases of the server write to the same log.
    const { rows } = await admin.query<{ bytes: number }>(
      `SELECT sum(record_length)::float AS bytes FROM pg_get_wal_records_info($1::pg_lsn, $2::pg_lsn)
       WHERE block_ref LIKE '%/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/%'`,
      [before, end],
    );
    await admin.end();
    expect(rows[0]?.bytes).toBeWithin(1, 256 * 1024);
  });

  test('neither loses nor orphans a blob that is published while its table is emptied', async () => {
    const [{ payloads, journal }, another = stores()] = connections();
    const due = (time: number) => journal.claimDue(time, 1, 100);
    for (let round = 0; round < 20; round += 1) {
      const start = now + (10 + round) * day;
      const later = start + minute;
      await insert(ringPayload(start, start + 1000));
      const key = newHashId();
      await journal.reserve(key, start, hour);
      const content = { kind: 'blob', key } as const;
      const row = ringPayload(start, start + 1000, { content, size: 100 });
      const [stored] = await Promise.all([payloads.insert(row), another.payloads.expire(later, 100)]);
      expect(stored).toBe('stored');
      const isThere = (await payloads.find(row.id)) !== undefined;
      expect(await due(later)).toMatchObject(isThere ? [] : [{ key }]);
      await sweep(later);
      expect(await payloads.find(row.id)).toBeUndefined();
      if (isThere) expect(await due(later)).toMatchObject([{ key }]);
      await journal.forget([{ key, attempts: 1 }], later);
    }
  });

  test('leaves a table that is in use to a later sweep, and goes on with others', async () => {
    const start = now + 40 * day;
    const [used, free] = [ringPayload(start, start + 1000), ringPayload(start, start + 2 * hour)];
    await insert(used, free);
    const later = start + 3 * hour;
    await whileLocked(`LOCK TABLE ${tableOf(leafOf(used))} IN ACCESS SHARE MODE`, async () => {
      expect(await sweep(later)).toBe(1);
      expect((await stores().payloads.find(used.id))?.id).toBe(used.id);
      expect(await stores().payloads.find(free.id)).toBeUndefined();
    });
    expect(await sweep(later)).toBe(1);
  });

  test('delays no statement on other tables while one is locked', async () => {
    const start = now + 41 * day;
    const [locked, row] = [
      ringPayload(start, start + 1000),
      ringPayload(start, start + hour, { readsLeft: 2 }),
    ];
    const { payloads } = stores();
    await whileLocked(`LOCK TABLE ${tableOf(leafOf(locked))} IN ACCESS EXCLUSIVE MODE`, async () => {
      await insert(row);
      expect((await payloads.find(row.id))?.id).toBe(row.id);
      expect(await payloads.takeRead(row.id, start)).toBe(1);
      expect(await payloads.remove(row.id, start)).toBe(true);
    });
  });
});
