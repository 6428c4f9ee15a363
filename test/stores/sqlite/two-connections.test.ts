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
