import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { AccountStore } from '../../src/core/ports/accounts/account-store.ts';
import type { ObjectStore, StoredObject } from '../../src/core/ports/buckets/object-store.ts';
import type { BlobJournal } from '../../src/core/ports/content/blob-journal.ts';
import type { StoredUpload, UploadStore } from '../../src/core/ports/files/upload-store.ts';
import { leaseTime } from './claims.ts';
import { type Open, openedForSuite } from './opened.ts';
import { callers, forEachCaller, race, times } from './race.ts';
import {
  blobContent,
  inlineContent,
  noQuota,
  someAccount,
  someConfirmation,
  someUpload,
} from './some-object.ts';

export type UploadRaceStores = {
  accounts: AccountStore;
  objects: ObjectStore;
  uploads: UploadStore;
  journal: BlobJournal;
};

const now = Date.UTC(2025, 2, 1);
const leaseEnd = now + 60_000;
const nothingHeld = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };
const stored = { ...nothingHeld, storedBytes: 100, storedObjects: 1 };

/** The contract of every upload store for concurrent calls. */
export function uploadRacesContract(
  name: string,
  open: Open<UploadRaceStores>,
  connectionCount: number,
): void {
  describe(name, () => {
    const connections = openedForSuite(open, connectionCount);

    /** An account with an upload of 100 bytes. */
    async function scene(given: Partial<StoredUpload> = {}) {
      const [stores] = connections();
      const account = someAccount();
      await stores.accounts.insert(account);
      const upload = someUpload(account, given);
      await stores.uploads.start(upload, noQuota, leaseEnd);
      return {
        ...{ ...stores, account, upload },
        usage: () => stores.accounts.usage(account.id),
        async blob(size = 100) {
          const key = newHashId();
          await stores.journal.reserve(key, now, leaseTime);
          return { ...blobContent(key, size), key };
        },
        /** The keys of the given blobs that are due for deletion at `at`, in the order given. */
        async due(blobs: { key: string }[], at = now) {
          const claimed = await stores.journal.claimDue(at, leaseTime, 100_000);
          const keys = new Set(claimed.map(({ key }) => key));
          return blobs.map(({ key }) => key).filter((key) => keys.has(key));
        },
      };
    }

    test('16 receipts of the bytes of an upload keep one blob and free the others', async () => {
      const { uploads, objects, upload, blob, due } = await scene();
      const blobs = await forEachCaller(() => blob());
      const values = await race(connections(), (stores, caller) =>
        stores.uploads.receive(upload.id, blobs[caller] ?? inlineContent(100), now),
      );
      expect(values).toEqual(times(callers, 'received'));
      await uploads.completeFile(upload, 'received', someConfirmation());
      const content = await objects.content(upload.id);
      const shown = content?.kind === 'blob' ? content.key : '';
      expect(blobs.map(({ key }) => key)).toContain(shown);
      expect(await due(blobs)).toEqual(blobs.map(({ key }) => key).filter((key) => key !== shown));
    });

    test.each(['confirmations', 'aborts'])(
      'an upload is either confirmed or aborted (%s first)',
      async (first) => {
        const { uploads, objects, upload, blob, usage, due } = await scene();
        const placed = await blob();
        await uploads.receive(upload.id, placed, now);
        const values = await race<UploadRaceStores, StoredObject | string>(connections(), (stores, caller) =>
          (caller % 2 === 0) === (first === 'confirmations')
            ? stores.uploads.completeFile(upload, 'received', someConfirmation())
            : stores.uploads.abort(upload.id, now),
        );
        const made = values.filter((value) => typeof value === 'object').length;
        expect(made + values.filter((value) => value === 'aborted').length).toBe(1);
        expect(await objects.content(upload.id)).toEqual(made === 1 ? placed.content : undefined);
        expect(await usage()).toEqual(made === 1 ? stored : nothingHeld);
        expect(await due([placed])).toEqual(made === 1 ? [] : [placed.key]);
      },
    );

    test('bytes received concurrently with the confirmation belong to the object or to their writer', async () => {
      const { uploads, objects, journal, upload, blob, usage, due } = await scene();
      const first = await blob();
      await uploads.receive(upload.id, first, now);
      const blobs = await forEachCaller(() => blob());
      const values = await race<UploadRaceStores, StoredObject | string>(connections(), (stores, caller) =>
        caller === 9
          ? stores.uploads.completeFile(upload, 'received', someConfirmation())
          : stores.uploads.receive(upload.id, blobs[caller] ?? inlineContent(100), now),
      );
      expect(values.filter((value) => typeof value === 'object')).toHaveLength(1);
      const content = await objects.content(upload.id);
      const shown = content?.kind === 'blob' ? content.key : '';
      const taken = [first, ...blobs.filter((_, caller) => values[caller] === 'received')];
      expect(await due(taken)).toEqual(taken.map(({ key }) => key).filter((key) => key !== shown));
      for (const [caller, each] of blobs.entries())
        if (values[caller] === 'upload_gone')
          expect(await journal.renew(each.key, now, leaseTime)).toBe(true);
      expect(await usage()).toEqual(stored);
    });

    test('16 direct confirmations create one object and leave the other copies to their writers', async () => {
      const { objects, journal, upload, blob, usage } = await scene({ directKey: newHashId() });
      const copies = await forEachCaller(() => blob());
      const values = await race(connections(), (stores, caller) =>
        stores.uploads.completeFile(upload, copies[caller] ?? inlineContent(100), someConfirmation()),
      );
      expect(values.filter((value) => typeof value === 'object')).toHaveLength(1);
      const content = await objects.content(upload.id);
      const shown = content?.kind === 'blob' ? content.key : '';
      for (const { key } of copies) expect(await journal.renew(key, now, leaseTime)).toBe(key !== shown);
      expect(await usage()).toEqual(stored);
    });

    test('16 receipts of a part keep one blob and free the others', async () => {
      const { uploads, upload, blob, due } = await scene({ partSize: 50 });
      const blobs = await forEachCaller(() => blob(50));
      await race(connections(), (stores, caller) => {
        const part = { number: 1, size: 50, etag: `etag ${caller}` };
        return stores.uploads.receivePart(upload.id, { part, placed: blobs[caller] }, now);
      });
      const [part, ...others] = await uploads.parts(upload.id);
      expect(others).toEqual([]);
      const left = blobs.filter((_, caller) => part?.etag !== `etag ${caller}`);
      expect(left).toHaveLength(callers - 1);
      expect(await due(blobs)).toEqual(left.map(({ key }) => key));
    });

    test.each(['confirmations', 'aborts'])(
      'an expired upload is removed once, concurrently with %s',
      async (rival) => {
        const { uploads, objects, upload, blob, usage, due } = await scene({ expiresAt: now + 5 });
        const placed = await blob();
        await uploads.receive(upload.id, placed, now);
        await race<UploadRaceStores, unknown>(connections(), (stores, caller) => {
          if (caller % 2 === 0) return stores.uploads.expire(now + 5, 10);
          if (rival === 'aborts') return stores.uploads.abort(upload.id, now);
          // The completing node's clock is behind that of the sweep.
          return stores.uploads.completeFile(upload, 'received', someConfirmation({ at: now + 4 }));
        });
        while (!(await uploads.expire(now + 5, 10)).isDone);
        const isMade = (await objects.content(upload.id)) !== undefined;
        expect(await usage()).toEqual(isMade ? stored : nothingHeld);
        expect(await uploads.abort(upload.id, now)).toBe('upload_gone');
        expect(await due([placed], now + 5)).toEqual(isMade ? [] : [placed.key]);
      },
    );

    test('16 additions of downloads to one object add up', async () => {
      const { uploads, objects, upload } = await scene();
      await uploads.receive(upload.id, inlineContent(100), now);
      await uploads.completeFile(upload, 'received', someConfirmation());
      await race(connections(), (stores, caller) =>
        stores.objects.addDownloads([{ id: upload.id, count: caller, lastDownloadAt: now }]),
      );
      expect(await objects.find(upload.bucketId, upload.id)).toMatchObject({ downloads: 120 });
    });
  });
}
