import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { StorageMeter } from '../../src/core/ports/content/storage-meter.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { callers, race, sweepAtOnce } from './race.ts';
import { blobContent, inlineContent, someConfirmation } from './some-object.ts';
import { someBlobPayload } from './some-payload.ts';
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

type Stores = RowStores & { meter: StorageMeter };

/** The contract of every storage meter (`src/core/ports/content/storage-meter.ts`). */
export function storageMeterContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let openAgain: () => Promise<Stores>;
    let account: NewAccount;
    beforeEach(async () => {
      ({ stores, openAgain } = await openStores());
      account = await newAccount(stores, { name: 'acme' });
    });

    const blobBytes = async (of = stores) => (await of.meter.usage()).blobBytes;
    const databaseBytes = async () => (await stores.meter.usage()).databaseBytes;

    describe('the bytes of blobs', () => {
      test('include those of stored payloads', async () => {
        expect(await blobBytes()).toBe(0);
        const deleted = await blobPayload(stores, 1000);
        const readOnce = await blobPayload(stores, 200, { readsLeft: 1, accountId: account.id });
        await blobPayload(stores, 30, { expiresAt: now });
        await blobPayload(stores, 4);
        expect(await blobBytes()).toBe(1234);
        await stores.payloads.remove(deleted.id, now);
        expect(await blobBytes()).toBe(234);
        await stores.payloads.takeRead(readOnce.id, now);
        expect(await blobBytes()).toBe(34);
        await stores.payloads.expire(now, 10);
        expect(await blobBytes()).toBe(4);
      });

      test('include those of objects and of uploads whose bytes have arrived', async () => {
        const expiring = await blobObject(stores, account, 1000, now + 1);
        const deleted = await blobObject(stores, account, 200);
        const upload = await newUpload(stores, account, { declaredSize: 30 });
        expect(await blobBytes()).toBe(1200);
        await receive(stores, upload, (await newBlob(stores, 30)).placed);
        expect(await blobBytes()).toBe(1230);
        await receive(stores, upload, (await newBlob(stores, 30)).placed);
        expect(await blobBytes()).toBe(1230);
        await stores.uploads.completeFile(upload, 'received', someConfirmation());
        expect(await blobBytes()).toBe(1230);
        await stores.objects.expire(expiring.expiresAt ?? 0, 10);
        await stores.objects.remove(deleted.id, now);
        expect(await blobBytes()).toBe(30);
        await stores.objects.remove(upload.id, now);
        expect(await blobBytes()).toBe(0);
      });

      test('include those of each part, also when the parts become a payload or an object', async () => {
        const { upload } = await uploadInParts(stores, account, [10, 10, 5]);
        expect(await blobBytes()).toBe(25);
        await receivePart(stores, upload, 2, 7, 'another');
        expect(await blobBytes()).toBe(22);
        await stores.uploads.abort(upload.id, now);
        expect(await blobBytes()).toBe(0);
        const { payload } = await payloadInParts(stores, account, [100, 50]);
        const { object } = await objectInParts(stores, account, [1000, 1]);
        expect(await blobBytes()).toBe(1151);
        await stores.payloads.remove(payload.id, now);
        expect(await blobBytes()).toBe(1001);
        await stores.objects.remove(object.id, now);
        expect(await blobBytes()).toBe(0);
      });

      test('include direct uploads from the reservation to the end', async () => {
        const direct = () => ({ directKey: newHashId(), declaredSize: 100, expiresAt: now + 1 });
        const aborted = await newUpload(stores, account, direct(), later);
        await newUpload(stores, account, direct(), later);
        const confirmed = await newUpload(stores, account, direct(), later);
        expect(await blobBytes()).toBe(300);
        await stores.uploads.abort(aborted.id, now);
        expect(await blobBytes()).toBe(200);
        const { placed } = await newBlob(stores, 90);
        await stores.uploads.completeFile(confirmed, placed, someConfirmation());
        expect(await blobBytes()).toBe(190);
        await stores.uploads.expire(now + 1, 10);
        expect(await blobBytes()).toBe(90);
      });

      test('exclude inline content and blobs that are only in the journal', async () => {
        await inlinePayload(stores, 1000);
        await newBlob(stores, 1000);
        const upload = await newUpload(stores, account);
        await receive(stores, upload, inlineContent(100));
        expect(await blobBytes()).toBe(0);
      });

      test('do not grow for a row that is rejected or already exists', async () => {
        const unknown = newHashId();
        expect(await stores.payloads.insert(someBlobPayload(unknown, { size: 500 }))).toBe('lease_lost');
        const upload = await newUpload(stores, account);
        expect(await stores.uploads.receive(upload.id, blobContent(unknown, 500), now)).toBe('lease_lost');
        const { id } = await blobPayload(stores, 30);
        const { key } = await newBlob(stores, 500);
        // The meter does not decide whether a conflict of ids is an error or a repetition.
        await stores.payloads.insert(someBlobPayload(key, { id, size: 30 })).catch(() => false);
        expect(await blobBytes()).toBe(30);
      });

      test('are exact far beyond 32 bits', async () => {
        const pebibyte = 1024 ** 5;
        await blobPayload(stores, pebibyte);
        await blobPayload(stores, 1);
        expect(await blobBytes()).toBe(pebibyte + 1);
      });
    });

    describe('races of 16 callers', () => {
      const twice = async () => [stores, await openAgain()];

      test('that store concurrently add all their bytes', async () => {
        const connections = await twice();
        await race(connections, (each, caller) => blobPayload(each, 2 ** caller));
        for (const each of connections) expect(await blobBytes(each)).toBe(2 ** callers - 1);
      });

      test('that remove the same rows subtract their bytes once', async () => {
        const connections = await twice();
        await blobPayload(stores, 1);
        const payload = await blobPayload(stores, 1000);
        const readOnce = await blobPayload(stores, 200, { readsLeft: 1 });
        const object = await blobObject(stores, account, 30);
        const upload = await newUpload(stores, account);
        await receive(stores, upload, (await newBlob(stores, 100)).placed);
        await race(connections, async (each) =>
          Promise.all([
            each.payloads.remove(payload.id, now),
            each.payloads.takeRead(readOnce.id, now),
            each.objects.remove(object.id, now),
            each.uploads.abort(upload.id, now),
          ]),
        );
        for (const each of connections) expect(await blobBytes(each)).toBe(1);
      });

      test('that sweep concurrently subtract expired bytes once', async () => {
        const connections = await twice();
        for (let n = 0; n < 40; n += 1) await blobPayload(stores, 10, { expiresAt: now });
        await blobPayload(stores, 3);
        for (let n = 0; n < 5; n += 1) await blobObject(stores, account, 10, now);
        await newUpload(stores, account, { directKey: newHashId(), expiresAt: now }, later);
        const removed = await Promise.all([
          sweepAtOnce(connections, ({ payloads }) => payloads.expire(now, 7)),
          sweepAtOnce(connections, ({ objects }) => objects.expire(now, 7)),
          sweepAtOnce(connections, ({ uploads }) => uploads.expire(now, 7)),
        ]);
        expect(removed).toEqual([40, 5, 1]);
        expect(await blobBytes()).toBe(3);
      });

      test('that send the same part leave the bytes of one of them', async () => {
        const connections = await twice();
        const upload = await newUpload(stores, account, { partSize: 100, declaredSize: 100 });
        await race(connections, (each, caller) => receivePart(each, upload, 1, caller + 1, `etag-${caller}`));
        const parts = await stores.uploads.parts(upload.id);
        expect(parts).toHaveLength(1);
        expect(await blobBytes()).toBe(parts[0]?.size ?? 0);
      });

      test('that confirm a direct upload with separate copies count one copy', async () => {
        const connections = await twice();
        const upload = await newUpload(stores, account, { directKey: newHashId() }, later);
        const made = await race(connections, async (each, caller) => {
          const { placed } = await newBlob(each, 50 + caller);
          return each.uploads.completeFile(upload, placed, someConfirmation());
        });
        const [object, ...others] = made.filter((each) => typeof each !== 'string');
        expect(others).toEqual([]);
        expect(await blobBytes()).toBe(object?.size ?? 0);
      });

      test('that store and remove concurrently leave the bytes of the remaining rows', async () => {
        const connections = await twice();
        const kept = await race(connections, async (each, caller) => {
          let bytes = 0;
          for (let round = 0; round < 5; round += 1) {
            const { id, size } = await blobPayload(each, 1000 * caller + round);
            if ((caller + round) % 2 === 0) await each.payloads.remove(id, now);
            else bytes += size;
          }
          return bytes;
        });
        for (const each of connections)
          expect(await blobBytes(each)).toBe(kept.reduce((sum, bytes) => sum + bytes, 0));
      });
    });

    test('the bytes of the database grow with content and shrink with its removal', async () => {
      const before = await databaseBytes();
      const added = 50 * 40_000;
      for (let n = 0; n < 50; n += 1) await inlinePayload(stores, 40_000, { expiresAt: now });
      expect((await databaseBytes()) - before).toBeGreaterThanOrEqual(added);
      expect(await stores.payloads.expire(now, 1000)).toEqual({ removed: 50, isDone: true });
      // Not exact: an implementation may count pages, or estimate the size of a row.
      expect((await databaseBytes()) - before).toBeLessThan(added / 10);
    });
  });
}
