import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { NewAccount, Usage } from '../../src/core/ports/accounts/account-store.ts';
import type { BucketStore, StoredBucket } from '../../src/core/ports/buckets/bucket-store.ts';
import type { ObjectWrites } from '../../src/core/ports/buckets/object-writes.ts';
import type { Inventory } from '../../src/core/ports/content/inventory.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { callers, race } from './race.ts';
import { inlineContent, noQuota, someConfirmation } from './some-object.ts';
import {
  blobObject,
  blobPayload,
  inlinePayload,
  later,
  newAccount,
  newBlob,
  newUpload,
  now,
  objectInParts,
  payloadInParts,
  type RowStores,
  receive,
  receivePart,
  uploadInParts,
} from './stored-rows.ts';

/** Faults that no port can cause. They change bookkeeping, not rows with content. */
export type Faults = {
  /** Adds to the booked usage of an account. */
  addToAccount(accountId: string, usage: Partial<Usage>): Promise<void>;
  /** Adds to the booked usage of a bucket. */
  addToBucket(bucketId: string, objects: number, bytes: number): Promise<void>;
  /** Adds to the booked bytes of all blobs. */
  addToBlobs(bytes: number): Promise<void>;
  /** Adds to the booked bytes of anonymous callers. */
  addToAnonymous(bytes: number): Promise<void>;
  /** Moves the parts of a row, except the first one, to another row. */
  moveParts(fromId: string, toId: string): Promise<void>;
};

type Stores = RowStores & {
  inventory: Inventory;
  buckets: BucketStore;
  objectWrites: ObjectWrites;
  faults: Faults;
};

/**
 * The contract of the faults that every inventory finds (`src/core/ports/content/inventory.ts`), and of what it
 * accepts.
 */
export function inventoryFaultsContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let openAgain: () => Promise<Stores>;
    let inventory: Inventory;
    let guest: NewAccount;
    let acme: NewAccount;
    let bucket: StoredBucket;
    beforeEach(async () => {
      ({ stores, openAgain } = await openStores());
      ({ inventory } = stores);
      guest = await newAccount(stores);
      acme = await newAccount(stores, { name: 'acme' });
      const described = { isPublic: false, defaultTtl: null, createdAt: now };
      bucket = { id: newHashId(), accountId: acme.id, name: 'photos', ...described };
      expect(await stores.buckets.insert(bucket, 1000)).toBe('inserted');
    });

    async function put(of: Stores, key: string, size: number): Promise<void> {
      const { placed } = await newBlob(of, size);
      const described = { mediaType: 'text/plain', contentEncoding: null, metadata: {}, digest: null };
      const object = {
        ...described,
        bucket,
        key,
        id: newHashId(),
        etag: newHashId(),
        at: now,
        expiresAt: null,
      };
      const events = { events: () => [], expiredEvents: () => [] };
      await of.objectWrites.put(object, placed, noQuota, { admit: () => undefined, ...events });
    }

    /**
     * One row of each kind: files and uploads of each account, payloads of the operator's account and without an
     * account.
     */
    async function storeEverything(): Promise<void> {
      await blobPayload(stores, 1000, { accountId: acme.id });
      await inlinePayload(stores, 200, { accountId: acme.id, readsLeft: 2 });
      await payloadInParts(stores, acme, [10, 3], { accountId: acme.id });
      for (const account of [guest, acme]) {
        await blobObject(stores, account, 30);
        await objectInParts(stores, account, [10, 10, 4]);
        await uploadInParts(stores, account, [10, 2]);
        await newUpload(stores, account);
        await newUpload(stores, account, { directKey: newHashId() }, later);
        await receive(stores, await newUpload(stores, account), inlineContent(100));
        await receive(stores, await newUpload(stores, account), (await newBlob(stores, 100)).placed);
      }
      await blobPayload(stores, 7);
      await inlinePayload(stores, 8);
      await payloadInParts(stores, guest, [10, 1]);
      await put(stores, 'a', 50);
      await put(stores, 'a', 60);
      await put(stores, 'b', 5);
    }

    async function requireNothingWrong(): Promise<void> {
      expect(await inventory.wrongUsage()).toEqual([]);
      expect(await inventory.wrongParts()).toEqual([]);
    }

    test('finds nothing in an empty database, or in one with rows of every kind', async () => {
      await requireNothingWrong();
      await storeEverything();
      await requireNothingWrong();
      await stores.payloads.expire(Number.MAX_SAFE_INTEGER, 1000);
      await stores.uploads.expire(Number.MAX_SAFE_INTEGER, 1000);
      await requireNothingWrong();
    });

    test.each([
      ['stored bytes', { storedBytes: 1 }],
      ['stored objects', { storedObjects: -1 }],
      ['reserved bytes', { reservedBytes: -5 }],
      ['reserved objects', { reservedObjects: 1 }],
    ] as [string, Partial<Usage>][])('names an account whose %s are wrong', async (_, usage) => {
      await storeEverything();
      await stores.faults.addToAccount(acme.id, usage);
      expect(await inventory.wrongUsage()).toEqual([expect.stringContaining('acme')]);
      await stores.faults.addToAccount(guest.id, usage);
      const wrong = await inventory.wrongUsage();
      expect(wrong).toHaveLength(2);
      expect(wrong.join('\n')).toContain(guest.id);
    });

    test.each([
      ['objects', 1, 0],
      ['bytes', 0, -1],
    ])('names a bucket whose %s are wrong', async (_, objects, bytes) => {
      await storeEverything();
      await stores.faults.addToBucket(bucket.id, objects, bytes);
      expect(await inventory.wrongUsage()).toEqual([expect.stringContaining('photos')]);
    });

    test('reports wrong bytes of all blobs and of anonymous callers in separate lines', async () => {
      await storeEverything();
      await stores.faults.addToBlobs(1);
      const [ofBlobs = '', ...others] = await inventory.wrongUsage();
      expect(others).toEqual([]);
      await stores.faults.addToAnonymous(-1);
      const wrong = await inventory.wrongUsage();
      expect(wrong).toHaveLength(2);
      expect(wrong).toContain(ofBlobs);
      await stores.faults.addToBlobs(-1);
      await stores.faults.addToAnonymous(1);
      expect(await inventory.wrongUsage()).toEqual([]);
    });

    test('reports each row that lacks parts, and each part without a row', async () => {
      await storeEverything();
      const { payload } = await payloadInParts(stores, guest, [10, 10, 5]);
      const { object } = await objectInParts(stores, acme, [10, 10]);
      await stores.faults.moveParts(payload.id, 'nobody');
      const ofPayload = await inventory.wrongParts();
      expect(ofPayload).toHaveLength(3);
      // Not the id of a payload: that is enough to read it.
      expect(ofPayload.join('\n')).not.toContain(payload.id);
      await stores.faults.moveParts(object.id, 'nobody else');
      const wrong = await inventory.wrongParts();
      expect(wrong).toHaveLength(5);
      expect(wrong.filter((line) => line.includes('nobody else'))).toHaveLength(1);
      expect(wrong.filter((line) => line.includes('nobody'))).toHaveLength(3);
      expect(wrong.filter((line) => line.includes(object.id))).toHaveLength(1);
      expect(await inventory.wrongUsage()).toEqual([]);
    });

    test('accepts an upload whose parts have not all arrived', async () => {
      const upload = await newUpload(stores, acme, { partSize: 10, declaredSize: 30 });
      await receivePart(stores, upload, 2, 10);
      await requireNothingWrong();
    });

    test('finds nothing after 16 callers have changed the same account and bucket concurrently', async () => {
      const connections = [stores, await openAgain()];
      const upload = await newUpload(stores, acme, { directKey: newHashId() }, later);
      const parts = await newUpload(stores, acme, { partSize: 10, declaredSize: 10 });
      const readOnce = await inlinePayload(stores, 9, { accountId: acme.id, readsLeft: 1 });
      await race(connections, async (each, caller) => {
        await put(each, 'contended', caller + 1);
        await put(each, `own ${caller}`, 10);
        const { id } = await blobPayload(each, 100, { accountId: acme.id });
        await inlinePayload(each, 10);
        await receivePart(each, parts, 1, caller + 1, `etag-${caller}`);
        await each.payloads.takeRead(readOnce.id, now);
        if (caller % 2 === 0) await each.payloads.remove(id, now);
        const { placed } = await newBlob(each, 50 + caller);
        if (caller % 3 === 0) await each.uploads.completeFile(upload, placed, someConfirmation());
        if (caller % 3 === 1) await each.uploads.abort(upload.id, now);
      });
      await requireNothingWrong();
      const usage = await stores.buckets.usage(bucket.id, now);
      expect(usage?.objectCount).toBe(callers + 1);
    });

    test('finds nothing at any moment while 16 callers write', async () => {
      const connections = [stores, await openAgain()];
      await race(connections, async (each, caller) => {
        for (let round = 0; round < 4; round += 1) {
          if (caller < 12) await put(each, `key ${round}`, caller);
          else {
            expect(await each.inventory.wrongUsage()).toEqual([]);
            expect(await each.inventory.wrongParts()).toEqual([]);
          }
        }
      });
    });
  });
}
