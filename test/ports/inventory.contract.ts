import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { Inventory, ShownBlob } from '../../src/core/ports/content/inventory.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { race } from './race.ts';
import { inlineContent, someConfirmation } from './some-object.ts';
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

type Stores = RowStores & { inventory: Inventory };

/** The contract of every inventory (`src/core/ports/content/inventory.ts`), except for the faults that it finds. */
export function inventoryContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let openAgain: () => Promise<Stores>;
    let inventory: Inventory;
    let account: NewAccount;
    beforeEach(async () => {
      ({ stores, openAgain } = await openStores());
      ({ inventory } = stores);
      account = await newAccount(stores, { name: 'acme' });
    });

    async function shown(of = inventory): Promise<ShownBlob[]> {
      const blobs: ShownBlob[] = [];
      for await (const blob of of.shownBlobs()) blobs.push(blob);
      return blobs;
    }
    const sizesByKey = (blobs: Pick<ShownBlob, 'key' | 'size'>[]) =>
      blobs.map(({ key, size }) => `${key} ${size}`).toSorted();

    test('an intact database has no damage', async () => {
      await blobPayload(stores, 10);
      await inlinePayload(stores, 100_000);
      await objectInParts(stores, account, [10, 5]);
      expect(await inventory.damage()).toEqual([]);
    });

    describe('the blobs of rows', () => {
      test('are none if all content is inline', async () => {
        expect(await shown()).toEqual([]);
        await inlinePayload(stores, 1000);
        await receive(stores, await newUpload(stores, account), inlineContent(100));
        expect(await shown()).toEqual([]);
      });

      test('are those of payloads, objects, uploads and parts, each once with its size', async () => {
        const expected: { key: string; size: number }[] = [];
        expected.push({ key: (await blobPayload(stores, 1000)).key, size: 1000 });
        expected.push({ key: (await blobObject(stores, account, 200)).blobKey, size: 200 });
        const { key, placed } = await newBlob(stores, 100);
        await receive(stores, await newUpload(stores, account), placed);
        expected.push({ key, size: 100 });
        const inParts = { upload: [10, 1], payload: [20, 2], object: [30, 3] };
        const keys = [
          (await uploadInParts(stores, account, inParts.upload)).keys,
          (await payloadInParts(stores, account, inParts.payload)).keys,
          (await objectInParts(stores, account, inParts.object)).keys,
        ].flat();
        const sizes = Object.values(inParts).flat();
        expected.push(...keys.map((part, index) => ({ key: part, size: sizes[index] ?? 0 })));
        const found = await shown();
        expect(sizesByKey(found)).toEqual(sizesByKey(expected));
        for (const each of expected) expect(await inventory.isShown(each.key)).toBe(true);
      });

      test('have a unique name of their row', async () => {
        for (let n = 0; n < 3; n += 1) {
          await blobPayload(stores, 10);
          await blobObject(stores, account, 10);
          await payloadInParts(stores, account, [10, 5]);
        }
        const rows = (await shown()).map(({ row }) => row);
        expect(rows).toHaveLength(12);
        expect(new Set(rows).size).toBe(12);
        for (const row of rows) expect(row).toMatch(/\S/);
      });

      test('do not name a payload by its id, which is enough to read it', async () => {
        const { id } = await blobPayload(stores, 10);
        const { payload } = await payloadInParts(stores, account, [10, 5]);
        const { object } = await objectInParts(stores, account, [10, 5]);
        const { upload } = await uploadInParts(stores, account, [10, 5]);
        const rows = (await shown()).map(({ row }) => row);
        expect(rows).toHaveLength(7);
        const withId = (part: string) => rows.filter((row) => row.includes(part)).length;
        expect([id, payload.id, object.id, upload.id].map(withId)).toEqual([0, 0, 2, 2]);
      });

      test('include those of expired rows until a sweep removes the rows', async () => {
        const { key } = await blobPayload(stores, 10, { expiresAt: now });
        const { blobKey } = await blobObject(stores, account, 20, now);
        expect(sizesByKey(await shown())).toEqual([`${key} 10`, `${blobKey} 20`].toSorted());
        await stores.payloads.expire(now, 10);
        await stores.objects.expire(now, 10);
        expect(await shown()).toEqual([]);
        for (const each of [key, blobKey]) expect(await inventory.isShown(each)).toBe(false);
      });

      test('are not blobs that are being written, were replaced or were removed', async () => {
        const gone = [(await newBlob(stores, 10)).key];
        const directKey = newHashId();
        await newUpload(stores, account, { directKey }, later);
        gone.push(directKey, newHashId());
        const payload = await blobPayload(stores, 10);
        await stores.payloads.remove(payload.id, now);
        gone.push(payload.key);
        const upload = await newUpload(stores, account, { partSize: 10, declaredSize: 10 });
        gone.push(await receivePart(stores, upload, 1, 10));
        const kept = await receivePart(stores, upload, 1, 7, 'another');
        expect(sizesByKey(await shown())).toEqual([`${kept} 7`]);
        for (const key of gone) expect(await inventory.isShown(key)).toBe(false);
      });

      test('are all listed, however many there are', async () => {
        const expected: { key: string; size: number }[] = [];
        for (let round = 0; round < 21; round += 1) {
          const payloads = Array.from({ length: 100 }, (_, n) => blobPayload(stores, round * 100 + n));
          expected.push(...(await Promise.all(payloads)).map(({ key, size }) => ({ key, size })));
        }
        const sizes = Array.from({ length: 1100 }, () => 5);
        const { keys } = await uploadInParts(stores, account, sizes);
        expected.push(...keys.map((key) => ({ key, size: 5 })));
        expect(sizesByKey(await shown())).toEqual(sizesByKey(expected));
      });

      test('are listed once each while 16 callers write', async () => {
        const connections = [stores, await openAgain()];
        const stay = await Promise.all(Array.from({ length: 1200 }, () => blobPayload(stores, 10)));
        const gone = await blobPayload(stores, 10);
        await stores.payloads.remove(gone.id, now);
        const writing = race(connections, async (each) => {
          for (let round = 0; round < 10; round += 1) {
            const { id } = await blobPayload(each, 1);
            await each.payloads.remove(id, now);
          }
        });
        const listed: string[] = [];
        for await (const { key } of inventory.shownBlobs()) {
          listed.push(key);
          // Lets the writers run in the middle of the list.
          if (listed.length % 100 === 0) await blobPayload(stores, 1);
        }
        await writing;
        const times = new Map<string, number>();
        for (const key of listed) times.set(key, (times.get(key) ?? 0) + 1);
        expect(stay.filter(({ key }) => times.get(key) !== 1)).toEqual([]);
        expect(listed).not.toContain(gone.key);
      });

      test('can be listed in part without blocking writers', async () => {
        for (let n = 0; n < 5; n += 1) await blobPayload(stores, 10);
        for (let round = 0; round < 20; round += 1)
          for await (const { key } of inventory.shownBlobs()) if (key) break;
        await blobPayload(await openAgain(), 10);
        expect(await shown()).toHaveLength(6);
      });

      test('have an owner: their row, or the row that their part belongs to', async () => {
        const payload = await blobPayload(stores, 10);
        const object = await blobObject(stores, account, 20);
        const inParts = {
          payload: await payloadInParts(stores, account, [10, 5]),
          object: await objectInParts(stores, account, [10, 5]),
          upload: await uploadInParts(stores, account, [10, 5]),
        };
        const expected = [
          { key: payload.key, kind: 'payload', id: payload.id },
          { key: object.blobKey, kind: 'object', id: object.id },
          ...inParts.payload.keys.map((key) => ({ key, kind: 'payload', id: inParts.payload.payload.id })),
          ...inParts.object.keys.map((key) => ({ key, kind: 'object', id: inParts.object.object.id })),
          ...inParts.upload.keys.map((key) => ({ key, kind: 'upload', id: inParts.upload.upload.id })),
        ];
        await blobPayload(stores, 10);
        const owners = await inventory.ownersOf([newHashId(), ...expected.map(({ key }) => key)]);
        const sorted = (all: { key: string }[]) => all.toSorted((a, b) => (a.key < b.key ? -1 : 1));
        expect(sorted(owners)).toEqual(sorted(expected));
        expect(await inventory.ownersOf([])).toEqual([]);
      });

      test('are visible to another process as soon as they are acknowledged', async () => {
        const other = (await openAgain()).inventory;
        const { id, key } = await blobPayload(stores, 10);
        expect([await other.isShown(key), (await shown(other)).length]).toEqual([true, 1]);
        await stores.payloads.remove(id, now);
        expect([await other.isShown(key), (await shown(other)).length]).toEqual([false, 0]);
      });
    });

    test('always include the blob of an upload for 16 callers while it becomes an object', async () => {
      const connections = [stores, await openAgain()];
      for (let round = 0; round < 5; round += 1) {
        const upload = await newUpload(stores, account);
        const { key, placed } = await newBlob(stores, 100);
        await receive(stores, upload, placed);
        const answers = await race(connections, async (each, caller) => {
          if (caller === 4) await each.uploads.completeFile(upload, 'received', someConfirmation());
          const asked: boolean[] = [];
          for (let n = 0; n < 5; n += 1) asked.push(await each.inventory.isShown(key));
          return asked;
        });
        expect(answers.flat()).not.toContain(false);
        expect(await stores.uploads.find(upload.id)).toBeUndefined();
      }
    });
  });
}
