import { expect, test } from 'bun:test';
import { statSync } from 'node:fs';
import { somePayload } from '../../ports/some-payload.ts';
import { openTemporaryStores } from './temporary-stores.ts';

const now = Date.UTC(2025, 2, 1);

test('unused pages go back to the file system step by step, until few are left', async () => {
  const stores = openTemporaryStores();
  const content = { kind: 'inline', data: new Uint8Array(40_000) } as const;
  const rows = Array.from({ length: 50 }, () => somePayload({ content, size: 40_000, expiresAt: now }));
  await Promise.all(rows.map((row) => stores.payloads.insert(row)));
  expect(await stores.upkeep.maintain()).toBe('done');
  const full = statSync(stores.file).size;
  await stores.payloads.expire(now, 1000);
  let steps = 0;
  while ((await stores.upkeep.maintain()) === 'more') steps += 1;
  expect(steps).toBeGreaterThan(1);
  // Pages that reappear after a power failure do no harm; the writes that follow must survive it.
  expect(stores.connection.raw.pragma('synchronous', { simple: true })).toBe(2);
  expect(statSync(stores.file).size).toBeLessThan(full / 5);
  expect(statSync(`${stores.file}-wal`).size).toBe(0);
  await stores.close();
});

test('callers that keep room at the same time take it once', async () => {
  const stores = openTemporaryStores();
  const other = openTemporaryStores(stores.file);
  const callers = Array.from({ length: 16 }, (_, caller) => (caller % 2 === 0 ? stores : other));
  await Promise.all(callers.map(({ upkeep }) => upkeep.keepRoom()));
  await stores.upkeep.keepRoom();
  expect(statSync(`${stores.file}-reserve`).size).toBe(3 * 1024 * 1024);
  await Promise.all([stores.close(), other.close()]);
});
