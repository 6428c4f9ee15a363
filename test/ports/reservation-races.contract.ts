import { beforeEach, describe, expect, test } from 'bun:test';
import type { NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import { type Connections, closedAfterSuite, connect, type Open } from './opened.ts';
import { callers, race } from './race.ts';
import { inlineContent, someConfirmation, someUpload } from './some-object.ts';
import { somePayload } from './some-payload.ts';
import {
  contentOf,
  newAccount,
  newUpload,
  now,
  type RowStores,
  receive,
  receivePart,
  uploadInParts,
} from './stored-rows.ts';

const nothing = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The contract of uploads, from the reservation to the end, for 16 concurrent callers in several processes. */
export function reservationRacesContract(name: string, open: Open<RowStores>, connectionCount: number): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: RowStores;
    let connections: Connections<RowStores>;
    let account: NewAccount;
    beforeEach(async () => {
      connections = await connect(openStores, connectionCount);
      [stores] = connections;
      account = await newAccount(stores);
    });
    const usage = () => stores.accounts.usage(account.id);

    test('reservations stay within the quota of bytes and of objects', async () => {
      const ofBytes = { maxStoredBytes: 550, maxObjects: null };
      const verdicts = await race(connections, ({ uploads }) => uploads.start(someUpload(account), ofBytes));
      expect(verdicts.filter((verdict) => verdict === 'within')).toHaveLength(5);
      expect(verdicts.filter((verdict) => verdict === 'bytes_exceeded')).toHaveLength(callers - 5);
      expect(await usage()).toEqual({ ...nothing, reservedBytes: 500, reservedObjects: 5 });
      const ofObjects = { maxStoredBytes: null, maxObjects: 8 };
      const more = await race(connections, ({ uploads }) => uploads.start(someUpload(account), ofObjects));
      expect(more.filter((verdict) => verdict === 'within')).toHaveLength(3);
      expect(more.filter((verdict) => verdict === 'objects_exceeded')).toHaveLength(callers - 3);
    });

    test('an upload is confirmed once, and its object is removed once', async () => {
      const upload = await newUpload(stores, account);
      await receive(stores, upload, inlineContent(100));
      const made = await race(connections, ({ uploads }) =>
        uploads.completeFile(upload, 'received', someConfirmation()),
      );
      expect(made.filter((object) => typeof object === 'object')).toHaveLength(1);
      expect(await usage()).toEqual({ ...nothing, storedBytes: 100, storedObjects: 1 });
      const removed = await race(connections, ({ objects }) => objects.remove(upload.id, now));
      expect(removed.filter(Boolean)).toHaveLength(1);
      expect(await usage()).toEqual(nothing);
    });

    test('an upload that some confirm and others abort has one outcome', async () => {
      for (let round = 0; round < 5; round += 1) {
        const upload = await newUpload(stores, account);
        await receive(stores, upload, inlineContent(100));
        const ends = await race<RowStores, unknown>(connections, ({ uploads }, caller) =>
          caller % 2 === round % 2
            ? uploads.completeFile(upload, 'received', someConfirmation())
            : uploads.abort(upload.id, now),
        );
        const [end, ...others] = ends.filter((each) => each !== 'upload_gone');
        expect(others).toEqual([]);
        const isConfirmed = end !== 'aborted';
        expect((await stores.objects.find(upload.bucketId, upload.id)) !== undefined).toBe(isConfirmed);
        await stores.objects.remove(upload.id, now);
        expect(await usage()).toEqual(nothing);
      }
    });

    test('parts that 16 callers send concurrently are all stored once', async () => {
      const upload = await newUpload(stores, account, { partSize: 10, declaredSize: 80 });
      await race(connections, (each, caller) =>
        receivePart(each, upload, 1 + (caller % 8), 10, `etag-${caller}`),
      );
      const parts = await stores.uploads.parts(upload.id);
      expect(parts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(await stores.journal.count()).toBe(8);
    });

    test('an upload in parts becomes one payload if 16 callers complete it', async () => {
      const { upload, parts } = await uploadInParts(stores, account, [10, 5]);
      const content = contentOf(parts);
      const payloads = Array.from({ length: callers }, () => ({ ...somePayload({ size: 15 }), content }));
      const made = await race(connections, (each, caller) => {
        const payload = payloads[caller];
        if (payload === undefined) throw new Error('a caller has no payload');
        return each.uploads.completePayload(upload.id, payload, parts);
      });
      expect(made.filter((outcome) => outcome === 'completed')).toHaveLength(1);
      const found = await Promise.all(payloads.map(({ id }) => stores.payloads.find(id)));
      expect(found.map((payload) => payload !== undefined)).toEqual(
        made.map((outcome) => outcome === 'completed'),
      );
      expect(await usage()).toEqual(nothing);
    });
  });
}
