import { beforeEach, describe, expect, test } from 'bun:test';
import { hashSecret } from '../../src/core/ids.ts';
import type { AccountStore } from '../../src/core/ports/accounts/account-store.ts';
import type { ObjectStore } from '../../src/core/ports/buckets/object-store.ts';
import type { UploadStore } from '../../src/core/ports/files/upload-store.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import {
  inlineContent,
  noQuota,
  someAccount,
  someConfirmation,
  someDescription,
  someKey,
  someUpload,
  storeObject,
} from './some-object.ts';

type AccountStoreUnderTest = { accounts: AccountStore; objects: ObjectStore; uploads: UploadStore };

const now = Date.UTC(2025, 2, 1);
const nothing = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The contract of every account store (`src/core/ports/accounts/account-store.ts`). */
export function accountStoreContract(name: string, open: Open<AccountStoreUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: AccountStoreUnderTest;
    let accounts: AccountStore;
    beforeEach(async () => {
      ({ stores } = await openStores());
      accounts = stores.accounts;
    });

    async function insert(given: Parameters<typeof someAccount>[0] = {}) {
      const account = someAccount(given);
      expect(await accounts.insert(account)).toBe('inserted');
      const { claimHash: _, ...stored } = account;
      return { account, stored };
    }

    async function insertWithKey(given: Parameters<typeof someAccount>[0] = {}) {
      const account = someAccount(given);
      const key = someKey(account.id);
      expect(await accounts.insert(account, key)).toBe('inserted');
      return { account, key };
    }

    async function insertObject(account: ReturnType<typeof someAccount>, expiresAt: number | null) {
      return storeObject(
        stores.uploads,
        someDescription(account),
        inlineContent(10),
        someConfirmation({ expiresAt }),
      );
    }

    const expiryOf = async ({ bucketId, id }: { bucketId: string; id: string }) =>
      (await stores.objects.find(bucketId, id))?.expiresAt;

    test('an account is found as inserted, by id and by name, and stores nothing', async () => {
      const { stored } = await insert({ name: 'acme', plan: 'pro', expiresAt: now + 1 });
      expect(await accounts.find(stored.id)).toEqual(stored);
      expect(await accounts.findByName('acme')).toEqual(stored);
      expect(await accounts.usage(stored.id)).toEqual(nothing);
    });

    test('an unknown account is not found and stores nothing', async () => {
      await insert();
      expect(await accounts.find('unknown')).toBeUndefined();
      expect(await accounts.findByName('unknown')).toBeUndefined();
      expect(await accounts.findCredential(hashSecret('unknown'))).toBeUndefined();
      expect(await accounts.findClaimable(hashSecret('unknown'))).toBeUndefined();
      expect(await accounts.usage('unknown')).toEqual(nothing);
    });

    test('two concurrent inserts of one name create one account, without the key and bucket of the other', async () => {
      const both = [someAccount({ name: 'acme' }), someAccount({ name: 'acme' })];
      const keys = both.map(({ id }) => someKey(id));
      const made = await Promise.all(both.map((account, n) => accounts.insert(account, keys[n])));
      expect(made.toSorted()).toEqual(['exists', 'inserted']);
      expect((await accounts.listKeys()).map(({ id }) => id)).toEqual([
        keys[made.indexOf('inserted')]?.id ?? '',
      ]);
      expect(await accounts.find(both[made.indexOf('exists')]?.id ?? '')).toBeUndefined();
    });

    test('any number of accounts have no name', async () => {
      const made = await Promise.all([someAccount(), someAccount()].map((each) => accounts.insert(each)));
      expect(made).toEqual(['inserted', 'inserted']);
    });

    test('a key is found by its hash, with its account, expired or not', async () => {
      const { account, key } = await insertWithKey({ expiresAt: now - 1 });
      const { hash, ...stored } = key;
      const { claimHash: _, ...storedAccount } = account;
      const found = await accounts.findCredential(hash);
      expect(found?.key).toEqual({ ...stored, lastUsedAt: null });
      expect(found?.account).toEqual(storedAccount);
      expect(Buffer.from(found?.hash ?? []).equals(hash)).toBe(true);
    });

    test('a later key of an account is one like the first', async () => {
      const { account, key } = await insertWithKey();
      const later = someKey(account.id, { kind: 'uploadkit', name: 'ci', createdAt: now + 1 });
      await accounts.insertKey(later);
      expect((await accounts.findCredential(later.hash))?.account.id).toBe(account.id);
      expect((await accounts.findCredential(key.hash))?.key.id).toBe(key.id);
    });

    test('a hash belongs to one key, and an unknown account has none', async () => {
      const { account, key } = await insertWithKey();
      await expect(accounts.insertKey(someKey(account.id, { hash: key.hash }))).rejects.toThrow();
      await expect(accounts.insertKey(someKey('unknown'))).rejects.toThrow();
    });

    test('a revoked key is not found, listed or revoked again, and other keys stay', async () => {
      const { account, key } = await insertWithKey();
      const other = someKey(account.id);
      await accounts.insertKey(other);
      const revoked = await Promise.all([accounts.revokeKey(key.id, now), accounts.revokeKey(key.id, now)]);
      expect(revoked.toSorted()).toEqual(['key_gone', 'revoked']);
      expect(await accounts.findCredential(key.hash)).toBeUndefined();
      expect(await accounts.findCredential(other.hash)).toBeDefined();
      expect((await accounts.listKeys()).map(({ id }) => id)).toEqual([other.id]);
      expect(await accounts.revokeKey('unknown', now)).toBe('key_gone');
    });

    test('an account revokes only its own keys of a kind, and not the last one', async () => {
      const { account, key } = await insertWithKey();
      const { kind } = key;
      const theirs = { accountId: account.id, kind };
      expect(await accounts.revokeKey(key.id, now, { accountId: 'another', kind })).toBe('key_gone');
      expect(await accounts.revokeKey(key.id, now, { ...theirs, kind: 'storage' })).toBe('key_gone');
      expect(await accounts.revokeKey(key.id, now, theirs)).toBe('last_key');
      expect(await accounts.insertKey(someKey(account.id, { kind }), 1)).toBe('limit_reached');
      expect(await accounts.insertKey(someKey(account.id, { kind }), 2)).toBe('inserted');
      expect(await accounts.revokeKey(key.id, now, theirs)).toBe('revoked');
    });

    test('keys are listed oldest first, of all accounts or of one, with the account’s name and no hash', async () => {
      const one = someAccount({ name: 'one' });
      const two = someAccount();
      const keys = [
        someKey(one.id, { createdAt: now + 2 }),
        someKey(two.id, { createdAt: now }),
        someKey(one.id, { createdAt: now + 1, kind: 'storage', name: 'backup' }),
      ] as const;
      await accounts.insert(one, keys[0]);
      await accounts.insert(two, keys[1]);
      await accounts.insertKey(keys[2]);
      const listed = await accounts.listKeys();
      expect(listed.map(({ id }) => id)).toEqual([keys[1].id, keys[2].id, keys[0].id]);
      expect(listed.map(({ accountName }) => accountName)).toEqual([null, 'one', 'one']);
      expect(listed.some((key) => 'hash' in key)).toBe(false);
      expect((await accounts.listKeys(one.id)).map(({ id }) => id)).toEqual([keys[2].id, keys[0].id]);
    });

    test('accounts with a name are listed by it, with their usage', async () => {
      await insert();
      const { stored: second } = await insert({ name: 'second' });
      const { account, stored: first } = await insert({ name: 'first' });
      await insertObject(account, null);
      expect(await accounts.list()).toEqual([
        { ...first, ...nothing, storedBytes: 10, storedObjects: 1 },
        { ...second, ...nothing },
      ]);
    });

    test('a change of the plan changes nothing else of the account', async () => {
      const { stored } = await insert({ name: 'one', expiresAt: now + 1 });
      const { stored: other } = await insert();
      await accounts.setPlan(stored.id, 'pro');
      await accounts.setPlan('unknown', 'pro');
      expect(await accounts.find(stored.id)).toEqual({ ...stored, plan: 'pro' });
      expect(await accounts.find(other.id)).toEqual(other);
    });

    test('records the last use of many keys at once, and ignores removed keys', async () => {
      const { key } = await insertWithKey();
      const { key: other } = await insertWithKey();
      await accounts.touchKeys([
        { id: key.id, lastUsedAt: now + 5 },
        { id: 'gone', lastUsedAt: now },
        { id: other.id, lastUsedAt: now + 7 },
      ]);
      expect((await accounts.findCredential(key.hash))?.key.lastUsedAt).toBe(now + 5);
      expect((await accounts.findCredential(other.hash))?.key.lastUsedAt).toBe(now + 7);
    });

    describe('a claim', () => {
      const owner = { email: 'ada@example.com', plan: 'free', expiresAt: null };
      const claimHash = hashSecret('claim');

      test('sets the plan and expiry of the account, and works once', async () => {
        const { stored } = await insert({ claimHash, expiresAt: now + 1 });
        expect(await accounts.findClaimable(claimHash)).toEqual(stored);
        expect(await accounts.claim(claimHash, owner, now)).toBe(true);
        expect(await accounts.find(stored.id)).toEqual({ ...stored, plan: 'free', expiresAt: null });
        expect(await accounts.findClaimable(claimHash)).toBeUndefined();
        expect(await accounts.claim(claimHash, owner, now)).toBe(false);
      });

      test('does not change the keys', async () => {
        const { key } = await insertWithKey({ claimHash, expiresAt: now + 1 });
        await accounts.claim(claimHash, owner, now);
        expect((await accounts.findCredential(key.hash))?.account.plan).toBe('free');
      });

      test('by ten concurrent callers succeeds once', async () => {
        const { stored } = await insert({ claimHash });
        const claims = Array.from({ length: 10 }, (_, n) =>
          accounts.claim(claimHash, { ...owner, plan: `plan-${n}` }, now),
        );
        const won = await Promise.all(claims);
        expect(won.filter(Boolean)).toHaveLength(1);
        expect((await accounts.find(stored.id))?.plan).toBe(`plan-${won.indexOf(true)}`);
      });

      test('of an expired or unknown account fails, to the millisecond', async () => {
        const { stored } = await insert({ claimHash, expiresAt: now });
        expect(await accounts.claim(claimHash, owner, now)).toBe(false);
        expect(await accounts.claim(hashSecret('other'), owner, now)).toBe(false);
        expect(await accounts.find(stored.id)).toEqual(stored);
        expect(await accounts.claim(claimHash, owner, now - 1)).toBe(true);
      });

      test('extends files that expired with the account, and no files that expire earlier', async () => {
        const { account } = await insert({ claimHash, expiresAt: now + 1000 });
        const { account: other } = await insert({ expiresAt: now + 1000 });
        const [withIt, before, others] = [
          await insertObject(account, now + 1000),
          await insertObject(account, now + 999),
          await insertObject(other, now + 1000),
        ];
        await accounts.claim(claimHash, { ...owner, expiresAt: now + 5000 }, now);
        expect(await expiryOf(withIt)).toBe(now + 5000);
        expect(await expiryOf(before)).toBe(now + 999);
        expect(await expiryOf(others)).toBe(now + 1000);
      });

      test('with an earlier expiry shortens files that would outlive the account', async () => {
        const { account } = await insert({ claimHash });
        const [endless, later] = [await insertObject(account, null), await insertObject(account, now + 2000)];
        await accounts.claim(claimHash, { ...owner, expiresAt: now + 1000 }, now);
        expect([await expiryOf(endless), await expiryOf(later)]).toEqual([now + 1000, now + 1000]);
      });

      test('without an expiry removes the expiry of files that expired with the account', async () => {
        const { account } = await insert({ claimHash, expiresAt: now + 1000 });
        const withIt = await insertObject(account, now + 1000);
        await accounts.claim(claimHash, owner, now);
        expect(await expiryOf(withIt)).toBeNull();
        expect(await stores.objects.expire(now + 1000, 10)).toEqual({ removed: 0, isDone: true });
      });
    });

    describe('expired accounts', () => {
      test('are removed to the millisecond, with their keys; accounts without an expiry stay', async () => {
        const { account, key } = await insertWithKey({ expiresAt: now });
        const { stored: later } = await insert({ expiresAt: now + 1 });
        const { stored: endless } = await insert();
        expect(await accounts.expire(now, 10)).toEqual({ removed: 1, isDone: true });
        expect(await accounts.find(account.id)).toBeUndefined();
        expect(await accounts.findCredential(key.hash)).toBeUndefined();
        expect(await accounts.listKeys()).toEqual([]);
        expect(await accounts.find(later.id)).toEqual(later);
        expect(await accounts.find(endless.id)).toEqual(endless);
      });

      test('stay while they hold an object or an upload, and do not block others', async () => {
        const { account: withObject } = await insert({ expiresAt: now });
        const { account: withUpload } = await insert({ expiresAt: now });
        const { account: empty } = await insert({ expiresAt: now });
        const { id } = await insertObject(withObject, null);
        const upload = someUpload(withUpload);
        await stores.uploads.start(upload, noQuota);
        expect(await accounts.expire(now, 1)).toMatchObject({ removed: 1 });
        expect(await accounts.find(empty.id)).toBeUndefined();
        expect(await accounts.expire(now, 10)).toEqual({ removed: 0, isDone: true });
        await stores.objects.remove(id, now - 1);
        await stores.uploads.abort(upload.id, now);
        expect(await accounts.expire(now, 10)).toEqual({ removed: 2, isDone: true });
      });

      test('are removed up to a limit', async () => {
        for (let n = 0; n < 5; n += 1) await insert({ expiresAt: now - n });
        expect(await accounts.expire(now, 3)).toMatchObject({ removed: 3 });
        expect(await accounts.expire(now, 3)).toEqual({ removed: 2, isDone: true });
        expect(await accounts.expire(now, 3)).toEqual({ removed: 0, isDone: true });
      });
    });
  });
}
