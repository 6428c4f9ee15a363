import { afterEach, beforeEach, expect, test } from 'bun:test';
import { newPayloadId } from '../../../src/core/payloads/payload-id.ts';
import type { ShownBlob } from '../../../src/core/ports/content/inventory.ts';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import type { Opened } from '../../ports/opened.ts';
import { blobPayload, inlinePayload, newAccount, now } from '../../ports/stored-rows.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { openPostgresStores, type TemporaryStores } from './open-postgres-stores.ts';

const day = 86_400_000;

await suiteWithPostgres('the inventory of PostgreSQL', () => {
  let opened: Opened<TemporaryStores>;
  let stores: TemporaryStores;
  beforeEach(async () => {
    opened = await openPostgresStores();
    stores = opened.stores;
  });
  afterEach(() => opened.close());

  /** The terms of a payload in a table of the ring. */
  function inRing(life: number) {
    const times = { createdAt: now, expiresAt: now + life };
    return { ...times, id: newPayloadId(times) };
  }

  async function shown(): Promise<ShownBlob[]> {
    const blobs: ShownBlob[] = [];
    for await (const blob of stores.inventory.shownBlobs()) blobs.push(blob);
    return blobs;
  }

  test('the counters of the ring agree with its rows, before and after their removal', async () => {
    const acme = await newAccount(stores, { name: 'acme' });
    for (const life of [60_000, day, 7 * day, 300 * day]) {
      await inlinePayload(stores, 100, inRing(life));
      await inlinePayload(stores, 20, { ...inRing(life), accountId: acme.id });
      await blobPayload(stores, 5, inRing(life));
    }
    const removed = await inlinePayload(stores, 7, inRing(day));
    const ofAccount = await inlinePayload(stores, 7, { ...inRing(day), accountId: acme.id });
    expect(await stores.inventory.wrongUsage()).toEqual([]);
    await stores.payloads.remove(removed.id, now);
    await stores.payloads.remove(ofAccount.id, now);
    expect(await stores.inventory.wrongUsage()).toEqual([]);
    const sweep = { at: now + 400 * day, isDone: false };
    while (!sweep.isDone) ({ isDone: sweep.isDone } = await stores.payloads.expire(sweep.at, 2));
    expect(await stores.inventory.wrongUsage()).toEqual([]);
    expect(await stores.meter.usage()).toEqual({ databaseBytes: 0, blobBytes: 0 });
  });

  test('a wrong counter of the ring is reported with its table', async () => {
    const { id } = await inlinePayload(stores, 100, inRing(day));
    const table = Number.parseInt(id.slice(0, 2), 16);
    const add = unprepared(
      'UPDATE storage_counters SET inline_rows = inline_rows + $1 WHERE leaf = $2 AND inline_rows > 0',
    );
    await stores.sql.write(add, [1, table]);
    const wrong = await stores.inventory.wrongUsage();
    expect(wrong).toEqual([expect.stringContaining(`payloads_${table}`)]);
    await stores.sql.write(add, [-1, table]);
    expect(await stores.inventory.wrongUsage()).toEqual([]);
  });

  test('more blobs than a page of one table of the ring are all shown, also with equal expiries', async () => {
    const count = 1500;
    const table = inRing(day).id.slice(0, 2);
    const insert = unprepared(
      `INSERT INTO payloads (id, mime_type, blob_key, size, is_text, created_at, expires_at)
     SELECT ($1 || substr(md5(n::text), 3))::uuid, 'a/b', 'key ' || n, n, false, $2::int8, $3::int8 + n / 1200
     FROM generate_series(1, $4::int) AS n`,
    );
    await stores.sql.write(insert, [table, now, now + day, count]);
    const blobs = await shown();
    const keys = Array.from({ length: count }, (_, index) => `key ${index + 1}`);
    expect(blobs.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    expect(new Set(blobs.map(({ row }) => row)).size).toBe(count);
    const ids = await stores.sql.read<{ id: string }>(unprepared('SELECT id::text FROM payloads'));
    const rows = blobs.map(({ row }) => row).join('\n');
    expect(ids.filter(({ id }) => rows.includes(id) || rows.includes(id.replaceAll('-', '')))).toEqual([]);
  });
});
