import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { newShortId } from '../../../src/core/ids.ts';
import type { StoredPayload } from '../../../src/core/ports/payload-store.ts';
import type { Stores } from '../../../src/core/ports/stores.ts';
import { cached } from '../../../src/stores/cached/index.ts';
import { someAccount } from '../../ports/some-object.ts';
import { somePayload } from '../../ports/some-payload.ts';
import { openTemporaryStores, type TemporaryStores } from '../sqlite/temporary-stores.ts';

const now = Date.UTC(2025, 2, 1);

// Two connections to one file behave like two processes, such as a server and `mayfly sweep`.
let database: TemporaryStores;
let other: TemporaryStores;
let server: Stores;

beforeEach(() => {
  database = openTemporaryStores();
  other = openTemporaryStores(database.file);
  server = cached(database);
});
afterEach(async () => {
  await Promise.all([database.close(), other.close()]);
});

/** The next turn of the event loop: writes of other processes are noticed once in a turn. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function insertAndRead(given: Parameters<typeof somePayload>[0] = {}) {
  const { id } = somePayload(given);
  await server.payloads.insert({ ...somePayload(given), id });
  await nextTurn();
  const row = await server.payloads.find(id);
  if (row === undefined) throw new Error('the row was inserted');
  await nextTurn();
  return row;
}

/** Whether a find returns the row that was read before, which is the same object only if it was cached. */
const isCached = (row: StoredPayload) => server.payloads.find(row.id) === row;

describe('a cached row', () => {
  test('is returned without a promise, as the same object', async () => {
    expect(isCached(await insertAndRead())).toBe(true);
  });

  test.each([
    ['deleted', async (id: string) => void (await other.payloads.remove(id, now))],
    ['swept', async () => void (await other.payloads.expire(Date.UTC(2026, 0, 1), 100))],
  ])('is not returned when another connection has %s it', async (_, remove) => {
    const row = await insertAndRead();
    expect(isCached(row)).toBe(true);
    await remove(row.id);
    await nextTurn();
    expect(await server.payloads.find(row.id)).toBeUndefined();
  });

  test('is not returned when another connection deleted it right after the first read', async () => {
    const row = somePayload();
    await server.payloads.insert(row);
    await server.payloads.find(row.id);
    await other.payloads.remove(row.id, now);
    await nextTurn();
    expect(await server.payloads.find(row.id)).toBeUndefined();
  });

  test('survives other writes of its own connection, and is read again after those of another', async () => {
    const row = await insertAndRead();
    await server.payloads.insert(somePayload());
    await nextTurn();
    expect(isCached(row)).toBe(true);
    await other.payloads.insert(somePayload());
    await nextTurn();
    const again = await server.payloads.find(row.id);
    expect(again).toEqual(row);
    expect(again).not.toBe(row);
  });

  test('never has counted reads, whichever connection takes them', async () => {
    const row = await insertAndRead({ readsLeft: 2 });
    expect(isCached(row)).toBe(false);
    expect(await other.payloads.takeRead(row.id, now)).toBe(1);
    expect((await server.payloads.find(row.id))?.readsLeft).toBe(1);
    expect(await server.payloads.takeRead(row.id, now)).toBe(0);
    expect(await other.payloads.takeRead(row.id, now)).toBeUndefined();
  });

  test('stays when a write that removes it is undone', async () => {
    const row = await insertAndRead();
    const seal = () => ({ id: 'no such record', holder: 'nobody', sealed: new Uint8Array(1) });
    await expect(server.payloads.remove(row.id, now, seal)).rejects.toThrow();
    expect(isCached(row)).toBe(true);
  });

  test('is gone before a removal is acknowledged', async () => {
    const row = await insertAndRead();
    await server.payloads.remove(row.id, now);
    expect(server.payloads.find(row.id)).toBeUndefined();
  });

  test('is larger than 32 KiB in no case', async () => {
    const [small, large] = [1024, 32 * 1024].map((size) => ({
      ...{ content: { kind: 'inline', data: 'x'.repeat(size) } as const, size },
    }));
    expect(isCached(await insertAndRead(small))).toBe(true);
    expect(isCached(await insertAndRead(large))).toBe(false);
  });
});

describe('objects and buckets', () => {
  test.each([
    ['are cached', true],
    ['are read every time if they must not be older than a change on another machine', false],
  ])('%s', async (_, objects) => {
    let reads = 0;
    const find = (name: string) => {
      reads += 1;
      return database.buckets.find(name);
    };
    const buckets = { ...database.buckets, find } as unknown as Stores['buckets'];
    server = cached({ ...database, buckets }, { objects });
    const account = someAccount();
    await database.accounts.insert({ ...account, claimHash: null });
    const bucket = { id: newShortId(), accountId: account.id, name: 'kept', isPublic: true };
    await database.buckets.insert({ ...bucket, defaultTtl: null, createdAt: now }, 1);
    await server.buckets.find('kept');
    await server.buckets.find('kept');
    expect(reads).toBe(objects ? 1 : 2);
  });
});

describe('the counts of caches', () => {
  test('show how many reads found their row cached', async () => {
    const counts = { hits: 0, misses: 0 };
    server = cached(database, { counts });
    const row = await insertAndRead();
    for (let read = 0; read < 3; read += 1) expect(isCached(row)).toBe(true);
    expect(counts).toEqual({ hits: 3, misses: 1 });
  });
});

describe('the absence of a plan', () => {
  test('is cached until the plan is set', async () => {
    expect(server.plans.find('pro')).toBeUndefined();
    const plan = { name: 'pro', maxStoredBytes: 1, maxObjectBytes: 1, maxObjects: 1, lifetime: null };
    await server.plans.set(plan);
    expect(server.plans.find('pro')).toEqual(plan);
  });
});

describe('a row from a database that answers later', () => {
  /** The reads in progress, which the test answers. */
  let reads: { id: string; answer(row: StoredPayload | undefined): void; fail(error: Error): void }[];
  let time: number;
  const row = somePayload();

  beforeEach(() => {
    reads = [];
    time = 5000;
    const find = (id: string) =>
      new Promise<StoredPayload | undefined>((answer, fail) => void reads.push({ id, answer, fail }));
    const { payloads } = database;
    const remove = payloads.remove.bind(payloads);
    const insert = payloads.insert.bind(payloads);
    const slow = { ...payloads, find, remove, insert } as unknown as Stores['payloads'];
    server = cached({ ...database, payloads: slow }, { maxAge: 1000, now: () => time });
  });

  async function read(id: string, answer: StoredPayload | undefined) {
    const reading = server.payloads.find(id);
    reads.shift()?.answer(answer);
    return reading;
  }

  test('is cached once it has arrived', async () => {
    expect(await read(row.id, row)).toBe(row);
    expect(isCached(row)).toBe(true);
  });

  test('is not cached if it was removed after the read began', async () => {
    await server.payloads.insert(row);
    const reading = server.payloads.find(row.id);
    await server.payloads.remove(row.id, now);
    reads.shift()?.answer(row);
    expect(await reading).toBe(row);
    expect(isCached(row)).toBe(false);
  });

  test('is cached although another row was removed meanwhile', async () => {
    const removed = somePayload();
    await server.payloads.insert(removed);
    const reading = server.payloads.find(row.id);
    await server.payloads.remove(removed.id, now);
    reads.shift()?.answer(row);
    await reading;
    expect(isCached(row)).toBe(true);
  });

  test('is not cached if another process wrote anything after the read began', async () => {
    const reading = server.payloads.find(row.id);
    await other.payloads.insert(somePayload());
    await nextTurn();
    server.plans.find('any');
    reads.shift()?.answer(row);
    await reading;
    expect(isCached(row)).toBe(false);
  });

  test('is not replaced by the answer to an earlier read', async () => {
    const newer = { ...row, name: 'newer' };
    const [first, second] = [server.payloads.find(row.id), server.payloads.find(row.id)];
    reads[1]?.answer(newer);
    await second;
    reads[0]?.answer(row);
    expect(await first).toBe(row);
    expect(isCached(newer)).toBe(true);
  });

  test('is used up to its maximum age, counted from when the read began', async () => {
    const reading = server.payloads.find(row.id);
    time += 400;
    reads.shift()?.answer(row);
    await reading;
    time += 600;
    expect(isCached(row)).toBe(true);
    time += 1;
    expect(isCached(row)).toBe(false);
  });

  test('is read again after a failed read', async () => {
    const reading = server.payloads.find(row.id);
    reads.shift()?.fail(new Error('the database is away'));
    await expect(reading).rejects.toThrow('the database is away');
    expect(await read(row.id, row)).toBe(row);
    expect(isCached(row)).toBe(true);
  });
});
