import { beforeEach, describe, expect, test } from 'bun:test';
import { ApiKeys } from '../../src/core/accounts/api-keys.ts';
import { Bans } from '../../src/core/accounts/bans.ts';
import { Buckets } from '../../src/core/buckets/buckets.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { Signer } from '../../src/core/signing.ts';
import { Staleness } from '../../src/core/staleness.ts';
import { someAccount, someKey } from '../ports/some-object.ts';
import { openTemporaryStores, type TemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { idempotencyOn } from './one-node.ts';
import { SettableTime } from './settable-time.ts';

// Expected times: docs/contract/shared.md, "Several servers".
const maxAge = 3000;
const settled = maxAge + 100;

let time: SettableTime;
let stores: TemporaryStores;
let account: StoredAccount;

beforeEach(async () => {
  time = new SettableTime();
  stores = openTemporaryStores();
  account = someAccount();
  await stores.accounts.insert({ ...account, claimHash: null });
});

const request = { scope: 'account', key: 'key', identity: 'DELETE' };

/** The components of a node whose rows are cached up to this age. */
function nodeWith(age: number | undefined) {
  const staleness = new Staleness(age, time.timers);
  const { clock } = time;
  const signer = new Signer('the secret of this test');
  return {
    apiKeys: new ApiKeys({ store: stores.accounts, signer, clock, staleness }),
    bans: new Bans([], stores.bans, clock, staleness),
    buckets: new Buckets({ store: stores.buckets, signer, maxTtl: 1000, clock, staleness }),
    idempotency: idempotencyOn(stores.idempotency, time, staleness),
  };
}

async function insertKeys() {
  const keys = [someKey(account.id), someKey(account.id)] as const;
  for (const key of keys) await stores.accounts.insertKey({ ...key, kind: 'storage' });
  return keys;
}

describe('among several nodes', () => {
  test('a revocation is answered once no node uses the key', async () => {
    const [key] = await insertKeys();
    let found: unknown = 'not looked for';
    time.onRest = async () => {
      found = await stores.accounts.findCredential(key.hash);
    };
    await nodeWith(maxAge).apiKeys.revoke(account, key.id);
    // The time begins after the commit.
    expect([time.rests, found]).toEqual([[settled], undefined]);
  });

  test('a ban is answered once every node has read it, even if no row is cached', async () => {
    await nodeWith(maxAge).bans.ban('203.0.113.7');
    await nodeWith(0).bans.ban('203.0.113.8');
    const [cached = 0, polled = 0] = time.rests;
    expect(cached).toBe(settled);
    // Nodes read the list every second.
    expect(polled).toBeGreaterThan(1000);
  });

  test('a bucket is made private with that time, and changed otherwise at once', async () => {
    const { buckets } = nodeWith(maxAge);
    await buckets.create(account, 'shown', { isPublic: true });
    await buckets.update(account, 'shown', { isPublic: true, defaultTtlSeconds: 1 });
    expect(time.rests).toEqual([]);
    await buckets.update(account, 'shown', { isPublic: false });
    expect(time.rests).toEqual([settled]);
  });

  test('the replay of a revocation takes that time too, and that of another write none', async () => {
    const [key] = await insertKeys();
    const { apiKeys, idempotency } = nodeWith(maxAge);
    const revoke = (settles: boolean) =>
      idempotency.once<void>(request, (seal) => apiKeys.revoke(account, key.id, seal), settles);
    await revoke(true);
    time.rests.length = 0;
    expect((await revoke(true)).replayed).toBe(true);
    expect(time.rests).toEqual([settled]);
    await revoke(false);
    expect(time.rests).toEqual([settled]);
  });

  test('nothing waits if no row is cached, apart from what is polled', async () => {
    const [key] = await insertKeys();
    await nodeWith(0).apiKeys.revoke(account, key.id);
    expect(time.rests).toEqual([]);
  });
});

test('alone, nothing waits', async () => {
  const [key] = await insertKeys();
  const { apiKeys, bans, buckets } = nodeWith(undefined);
  await apiKeys.revoke(account, key.id);
  await bans.ban('203.0.113.7');
  await buckets.create(account, 'shown', { isPublic: true });
  await buckets.update(account, 'shown', { isPublic: false });
  expect(time.rests).toEqual([]);
});
