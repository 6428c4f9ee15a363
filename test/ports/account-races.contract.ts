import { describe, expect, test } from 'bun:test';
import { hashSecret, newHashId } from '../../src/core/ids.ts';
import type { AccountStore } from '../../src/core/ports/accounts/account-store.ts';
import type { BucketStore } from '../../src/core/ports/buckets/bucket-store.ts';
import type { ObjectStore } from '../../src/core/ports/buckets/object-store.ts';
import type { ObjectWrites } from '../../src/core/ports/buckets/object-writes.ts';
import type { FileRoute, FileRouteStore } from '../../src/core/ports/files/file-route-store.ts';
import type { UploadStore } from '../../src/core/ports/files/upload-store.ts';
import { newObject, nothingHeld, writeOptions } from './bucket-scene.ts';
import { type Open, openedForSuite } from './opened.ts';
import { callers, forEachCaller, race, raceWithRefusals, times } from './race.ts';
import { inlineContent, noQuota, someAccount, someDescription, someKey, storeObject } from './some-object.ts';

export type AccountRaceStores = {
  accounts: AccountStore;
  buckets: BucketStore;
  objects: ObjectStore;
  objectWrites: ObjectWrites;
  uploads: UploadStore;
  fileRoutes: FileRouteStore;
};

const now = Date.UTC(2025, 2, 1);

/** The contract of the stores of accounts, keys and file routes for concurrent calls. */
export function accountRacesContract(
  name: string,
  open: Open<AccountRaceStores>,
  connectionCount: number,
): void {
  describe(name, () => {
    const connections = openedForSuite(open, connectionCount);
    const accounts = () => connections()[0].accounts;

    async function insertAccount(...given: Parameters<typeof someAccount>) {
      const account = someAccount(...given);
      await accounts().insert(account);
      return account;
    }

    test('16 inserts of one name create one account with its key', async () => {
      const wanted = await forEachCaller(async () => {
        const account = someAccount({ name: 'the same' });
        return { account, key: someKey(account.id) };
      });
      const values = await race(connections(), (stores, caller) => {
        const { account, key } = wanted[caller] as (typeof wanted)[number];
        return stores.accounts.insert(account, key);
      });
      expect(values.filter((value) => value === 'inserted')).toHaveLength(1);
      const made = await accounts().findByName('the same');
      const found = await Promise.all(wanted.map(({ account }) => accounts().find(account.id)));
      expect(found.filter((account) => account !== undefined)).toEqual([expect.objectContaining(made ?? {})]);
      const keys = await Promise.all(wanted.map(({ key }) => accounts().findCredential(key.hash)));
      expect(keys.flatMap((credential) => credential?.account.id ?? [])).toEqual([made?.id ?? '']);
    });

    test('16 claims of one account have one winner', async () => {
      const { id } = await insertAccount({ claimHash: hashSecret('a claim') });
      const values = await race(connections(), (stores, caller) => {
        const owner = { email: `${caller}@example.com`, plan: `plan ${caller}`, expiresAt: null };
        return stores.accounts.claim(hashSecret('a claim'), owner, now);
      });
      expect(values.filter(Boolean)).toHaveLength(1);
      expect((await accounts().find(id))?.plan).toBe(`plan ${values.indexOf(true)}`);
      expect(await accounts().findClaimable(hashSecret('a claim'))).toBeUndefined();
    });

    test('no file that is stored or deleted during a claim outlives the account', async () => {
      const claimHash = hashSecret('a claim with files');
      const guest = await insertAccount({ claimHash });
      const store = ({ uploads }: AccountRaceStores) =>
        storeObject(uploads, someDescription(guest), inlineContent(10));
      const old = await forEachCaller(() => store(connections()[0]));
      const stored = await race(connections(), async (stores, caller) => {
        const owner = { email: 'ada@example.com', plan: 'free', expiresAt: now + 1000 };
        if (caller === 7) await stores.accounts.claim(claimHash, owner, now);
        else if (caller % 4 === 0) await stores.objects.remove(old[caller]?.id ?? '', now);
        else return store(stores);
      });
      const [{ objects }] = connections();
      const files = [
        ...old.filter((_, caller) => caller % 4 !== 0),
        ...stored.filter((file) => file !== undefined),
      ];
      for (const { id } of files)
        expect((await objects.find(guest.filesBucketId, id))?.expiresAt).toBe(now + 1000);
      expect(await accounts().usage(guest.id)).toMatchObject({ storedObjects: files.length });
    });

    test('16 inserts of keys never exceed the limit', async () => {
      const { id } = await insertAccount();
      const values = await race(connections(), (stores) =>
        stores.accounts.insertKey(someKey(id, { kind: 'storage' }), 5),
      );
      expect(values.toSorted()).toEqual([
        ...times(5, 'inserted' as const),
        ...times(callers - 5, 'limit_reached' as const),
      ]);
      expect(await accounts().listKeys(id)).toHaveLength(5);
    });

    test('16 revocations of 16 keys keep the last key', async () => {
      const { id } = await insertAccount();
      const keys = await forEachCaller(async () => {
        const key = someKey(id, { kind: 'storage' });
        await accounts().insertKey(key);
        return key;
      });
      const theirs = { accountId: id, kind: 'storage' } as const;
      const values = await race(connections(), (stores, caller) =>
        stores.accounts.revokeKey(keys[caller]?.id ?? '', now, theirs),
      );
      expect(values.toSorted()).toEqual(['last_key', ...times(callers - 1, 'revoked' as const)]);
      expect(await accounts().listKeys(id)).toHaveLength(1);
    });

    test('16 revocations revoke a key once', async () => {
      const { id } = await insertAccount();
      const key = someKey(id);
      await accounts().insertKey(key);
      const values = await race(connections(), (stores) => stores.accounts.revokeKey(key.id, now));
      expect(values.toSorted()).toEqual([...times(callers - 1, 'key_gone' as const), 'revoked']);
      expect(await accounts().findCredential(key.hash)).toBeUndefined();
    });

    test('puts in the buckets of an expired account, concurrently with its removal, keep it or find no bucket', async () => {
      const [{ buckets }] = connections();
      for (let round = 0; round < 10; round += 1) {
        const { id: accountId } = await insertAccount({ expiresAt: now });
        const bucketOf = (name: string) => ({
          ...{ id: newHashId(), accountId, name: `${name}-${newHashId()}` },
          ...{ isPublic: false, defaultTtl: null, createdAt: now },
        });
        const [one, two] = [bucketOf('one'), bucketOf('two')];
        for (const bucket of [one, two]) await buckets.insert(bucket, 2);
        const { values, refusals } = await raceWithRefusals(connections(), async (stores, caller) => {
          if (caller % 4 === 0) return stores.accounts.expire(now, 10);
          const object = newObject({ bucket: caller % 4 === 1 ? one : two, key: `key ${caller}` });
          return stores.objectWrites.put(object, inlineContent(10), noQuota, writeOptions());
        });
        expect(new Set(refusals)).toEqual(new Set(refusals.length > 0 ? ['bucket_not_found'] : []));
        const stored = values.filter((value) => typeof value === 'object' && 'object' in value).length;
        const usage = { ...nothingHeld, storedBytes: 10 * stored, storedObjects: stored };
        expect(await accounts().usage(accountId)).toEqual(usage);
        expect((await accounts().find(accountId)) !== undefined).toBe(stored > 0);
        expect(refusals).toHaveLength(stored > 0 ? 0 : (callers * 3) / 4);
      }
    });

    test('16 inserts of one slug create one file route', async () => {
      const [{ fileRoutes }] = connections();
      const { id: accountId } = await insertAccount();
      const routeOf = (caller: number): FileRoute => ({
        ...{ accountId, slug: 'images', maxSize: 1000 + caller, types: [], createdAt: now },
        webhook: { id: `wh_${newHashId()}`, url: 'https://example.com/hook' },
      });
      const routes = await forEachCaller(async (caller) => routeOf(caller));
      const values = await race(connections(), (stores, caller) =>
        stores.fileRoutes.insert(routes[caller] ?? routeOf(caller)),
      );
      expect(values.filter((value) => value === 'inserted')).toHaveLength(1);
      const made = routes[values.indexOf('inserted')];
      expect(await fileRoutes.find(accountId, 'images')).toMatchObject(made as FileRoute);
      const removals = await race(connections(), (stores) => stores.fileRoutes.remove(accountId, 'images'));
      expect(removals.filter(Boolean)).toHaveLength(1);
    });
  });
}
