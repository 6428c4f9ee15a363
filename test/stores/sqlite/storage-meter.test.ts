import { beforeEach, describe, expect, test } from 'bun:test';
import { statSync } from 'node:fs';
import { isStranger, strangersAccount } from '../../../src/core/accounts/strangers.ts';
import { newHashId } from '../../../src/core/ids.ts';
import { someAccount } from '../some-object.ts';
import { someBlobPayload, somePayload } from '../some-payload.ts';
import { openTemporaryStores, type TemporaryStores } from './temporary-stores.ts';

const now = Date.UTC(2025, 2, 1);
let stores: TemporaryStores;

beforeEach(() => {
  stores = openTemporaryStores();
});

async function insertBlob(size: number, given: Parameters<typeof someBlobPayload>[1] = {}) {
  const key = newHashId();
  await stores.journal.reserve(key, now + 60_000);
  const row = someBlobPayload(key, { size, ...given });
  await stores.payloads.insert(row);
  return row;
}

async function insertRows(count: number, size: number): Promise<void> {
  const content = { kind: 'inline', data: new Uint8Array(size) } as const;
  const rows = Array.from({ length: count }, () => somePayload({ content, size, expiresAt: now }));
  await Promise.all(rows.map((row) => stores.payloads.insert(row)));
}

describe('the bytes of blobs', () => {
  test('are those of the rows that there are, however they come and go', async () => {
    const blobBytes = async () => (await stores.meter.usage()).blobBytes;
    expect(await blobBytes()).toBe(0);
    const deleted = await insertBlob(1000);
    const readOnce = await insertBlob(200, { readsLeft: 1 });
    await insertBlob(30, { expiresAt: now });
    await insertBlob(4);
    expect(await blobBytes()).toBe(1234);
    await stores.payloads.remove(deleted.id, now);
    expect(await blobBytes()).toBe(234);
    await stores.payloads.takeRead(readOnce.id, now);
    expect(await blobBytes()).toBe(34);
    await stores.payloads.removeExpired(now, 10);
    expect(await blobBytes()).toBe(4);
  });

  test('are not counted twice for a removal that comes twice, nor for a row that was not made', async () => {
    const row = await insertBlob(1000);
    await Promise.all([stores.payloads.remove(row.id, now), stores.payloads.remove(row.id, now)]);
    await stores.payloads.insert(someBlobPayload(newHashId(), { size: 500 }));
    expect((await stores.meter.usage()).blobBytes).toBe(0);
  });
});

const claimHash = new Uint8Array(32);

const accounts = {
  'a guest': { account: someAccount({ name: null, plan: 'guest', claimHash }), stranger: true },
  'an account that the operator made': {
    account: someAccount({ name: 'acme', plan: 'unlimited' }),
    stranger: false,
  },
  'one that the operator made with the plan of claimed accounts': {
    account: someAccount({ name: 'shop', plan: 'free' }),
    stranger: false,
  },
  'the account of uploads without an account': { account: strangersAccount(now), stranger: true },
};

describe('who is a stranger, to the store as to the core', () => {
  for (const [name, { account, stranger }] of Object.entries(accounts))
    test(`${name}: ${stranger}`, async () => {
      await stores.accounts.insert(account);
      const [inCore, inStore] = [isStranger(account), await stores.meter.isStranger(account.id)];
      expect({ inCore, inStore }).toEqual({ inCore: stranger, inStore: stranger });
    });

  test('a guest whose account was claimed: true', async () => {
    const { account } = accounts['a guest'];
    await stores.accounts.insert(account);
    const owner = { email: 'owner@example.com', plan: 'free', expiresAt: null };
    expect(await stores.accounts.claim(claimHash, owner, now)).toBe(true);
    const claimed = await stores.accounts.find(account.id);
    expect(claimed && isStranger(claimed)).toBe(true);
    expect(await stores.meter.isStranger(account.id)).toBe(true);
  });
});

describe('the bytes of the database', () => {
  test('grow with rows and shrink with them, though the file does not', async () => {
    const before = (await stores.meter.usage()).databaseBytes;
    await insertRows(50, 40_000);
    expect((await stores.meter.usage()).databaseBytes - before).toBeGreaterThan(50 * 40_000);
    await stores.payloads.removeExpired(now, 1000);
    expect((await stores.meter.usage()).databaseBytes - before).toBeLessThan(40_000);
  });

  test('are given back to the file system bit by bit, until little is free', async () => {
    await insertRows(50, 40_000);
    await stores.upkeep.truncateLog();
    const full = statSync(stores.file).size;
    expect(await stores.upkeep.shrink(64)).toBe(false);
    await stores.payloads.removeExpired(now, 1000);
    let steps = 0;
    while (await stores.upkeep.shrink(64)) steps += 1;
    await stores.upkeep.truncateLog();
    expect(steps).toBeGreaterThan(1);
    // Giving back need not last through a power cut; what is written next has to.
    expect(stores.connection.raw.pragma('synchronous', { simple: true })).toBe(2);
    expect(statSync(stores.file).size).toBeLessThan(full / 5);
    expect(statSync(`${stores.file}-wal`).size).toBe(0);
  });
});
