import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { somePayload } from '../../ports/some-payload.ts';
import { openTemporaryStores, type TemporaryStores } from './temporary-stores.ts';

const now = Date.UTC(2025, 2, 1);

// Two connections to one file behave like two processes, such as a server and `mayfly sweep`.
let server: TemporaryStores;
let other: TemporaryStores;

beforeEach(() => {
  server = openTemporaryStores();
  other = openTemporaryStores(server.file);
});
afterEach(() => {
  server.close();
  other.close();
});

/** Waits for the next turn of the event loop, because cached rows are valid for one turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function insertAndRead(given: Parameters<typeof somePayload>[0] = {}) {
  const row = somePayload(given);
  await server.payloads.insert(row);
  // Like a request: first the cache, then a query.
  server.payloads.cached(row.id);
  await nextTurn();
  server.payloads.cached(row.id);
  await server.payloads.find(row.id);
  await nextTurn();
  return row;
}

describe('cached rows', () => {
  test('are cached after they were read', async () => {
    const row = await insertAndRead();
    expect(server.payloads.cached(row.id)).toEqual(row);
  });

  test.each([
    ['deleted', async (id: string) => void (await other.payloads.remove(id, now))],
    ['swept', async () => void (await other.payloads.expire(Date.UTC(2026, 0, 1), 100))],
  ])('are not served when another connection has %s them', async (_, remove) => {
    const row = await insertAndRead();
    expect(server.payloads.cached(row.id)).toEqual(row);
    await remove(row.id);
    await nextTurn();
    expect(server.payloads.cached(row.id)).toBeUndefined();
    expect(await server.payloads.find(row.id)).toBeUndefined();
  });

  test('are not served when they were deleted right after they were read for the first time', async () => {
    const row = somePayload();
    await server.payloads.insert(row);
    await server.payloads.find(row.id);
    await other.payloads.remove(row.id, now);
    await nextTurn();
    expect(server.payloads.cached(row.id)).toBeUndefined();
  });

  test('survive writes of their own connection and are read again after those of another', async () => {
    const row = await insertAndRead();
    await server.payloads.insert(somePayload());
    await nextTurn();
    expect(server.payloads.cached(row.id)).toEqual(row);
    await other.payloads.insert(somePayload());
    await nextTurn();
    expect(server.payloads.cached(row.id)).toBeUndefined();
    expect(await server.payloads.find(row.id)).toEqual(row);
  });

  test('never include one with counted reads, whichever connection takes them', async () => {
    const row = await insertAndRead({ readsLeft: 2 });
    expect(server.payloads.cached(row.id)).toBeUndefined();
    expect(await other.payloads.takeRead(row.id, now)).toBe(1);
    expect((await server.payloads.find(row.id))?.readsLeft).toBe(1);
    expect(await server.payloads.takeRead(row.id, now)).toBe(0);
    expect(await other.payloads.takeRead(row.id, now)).toBeUndefined();
  });

  test('are removed when a write that removes them is undone, or not: never served wrongly', async () => {
    const row = await insertAndRead();
    const seal = () => ({ id: 'no such record', holder: 'nobody', sealed: new Uint8Array(1) });
    await expect(server.payloads.remove(row.id, now, seal)).rejects.toThrow();
    expect(await server.payloads.find(row.id)).toEqual(row);
  });
});

describe('two writers', () => {
  test('take turns, and neither fails', async () => {
    const rows = Array.from({ length: 400 }, () => somePayload());
    const stores = [server, other];
    const written = await Promise.all(rows.map((row, n) => stores[n % 2]?.payloads.insert(row)));
    expect(written.every((outcome) => outcome === 'stored')).toBe(true);
    const found = await Promise.all(rows.map((row, n) => stores[(n + 1) % 2]?.payloads.find(row.id)));
    expect(found.filter(Boolean).length).toBe(400);
  });

  test('of one last read have one winner', async () => {
    const row = somePayload({ readsLeft: 1 });
    await server.payloads.insert(row);
    const reads = Array.from({ length: 200 }, (_, n) =>
      (n % 2 ? server : other).payloads.takeRead(row.id, now),
    );
    expect((await Promise.all(reads)).filter((left) => left !== undefined)).toEqual([0]);
  });
});

test('a sweep skips rows that another has removed, and rows that took their numbers', async () => {
  const expired = Array.from({ length: 6 }, () => somePayload({ expiresAt: now }));
  for (const row of expired) await server.payloads.insert(row);
  expect(await server.payloads.expire(now, 1)).toMatchObject({ removed: 1 });
  expect(await other.payloads.expire(now, 10)).toEqual({ removed: 5, isDone: true });
  const [alive, late] = [somePayload({ expiresAt: now + 1 }), somePayload({ expiresAt: now })];
  for (const row of [alive, late]) await server.payloads.insert(row);
  expect(await server.payloads.expire(now, 10)).toEqual({ removed: 1, isDone: true });
  expect(await server.payloads.find(alive.id)).toEqual(alive);
  expect(await server.payloads.find(late.id)).toBeUndefined();
});
