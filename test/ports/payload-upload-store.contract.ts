import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { AccountStore } from '../../src/core/ports/accounts/account-store.ts';
import type { BlobJournal } from '../../src/core/ports/content/blob-journal.ts';
import type { Inventory } from '../../src/core/ports/content/inventory.ts';
import type { StorageMeter } from '../../src/core/ports/content/storage-meter.ts';
import type { StoredUpload, UploadedPart, UploadStore } from '../../src/core/ports/files/upload-store.ts';
import type { IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import type { PayloadStore, UploadedPayload } from '../../src/core/ports/payload-store.ts';
import { failureOf } from '../core/failure-of.ts';
import { leaseTime } from './claims.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { blobContent, noQuota, someAccount, someUpload } from './some-object.ts';
import { somePayload } from './some-payload.ts';

export type PayloadUploadStores = {
  accounts: AccountStore;
  payloads: PayloadStore;
  uploads: UploadStore;
  journal: BlobJournal;
  meter: StorageMeter;
  inventory: Inventory;
  idempotency: IdempotencyStore;
};

const now = Date.UTC(2025, 2, 1);
const later = now + 60_000;
const nothing = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The contract of every upload store for uploads that become payloads. */
export function payloadUploadStoreContract(name: string, open: Open<PayloadUploadStores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: PayloadUploadStores;
    const account = someAccount();
    beforeEach(async () => {
      ({ stores } = await openStores());
      await stores.accounts.insert(account);
    });

    async function reserve(given: Partial<StoredUpload> = {}) {
      const upload = someUpload(account, { partSize: 10, declaredSize: 25, ...given });
      expect(await stores.uploads.start(upload, noQuota, later)).toBe('within');
      return upload;
    }
    async function putPart({ id }: StoredUpload, number: number, size: number, etag = `etag-${number}`) {
      const key = newHashId();
      await stores.journal.reserve(key, now, leaseTime);
      expect(
        await stores.uploads.receivePart(
          id,
          { part: { number, size, etag }, placed: blobContent(key, size) },
          now,
        ),
      ).toBe('received');
      return { key, size };
    }
    async function putAll(upload: StoredUpload) {
      const sizes = [10, 10, 5];
      const content = [];
      for (const [index, size] of sizes.entries()) content.push(await putPart(upload, index + 1, size));
      return content;
    }
    const payloadOf = (
      content: UploadedPayload['content'],
      given: Partial<UploadedPayload> = {},
    ): UploadedPayload => ({ ...somePayload(), size: 25, isText: false, ...given, content });
    async function completed(given: Partial<UploadedPayload> = {}) {
      const upload = await reserve();
      const parts = await putAll(upload);
      const payload = payloadOf({ kind: 'parts', parts }, given);
      const named = await stores.uploads.parts(upload.id);
      expect(await stores.uploads.completePayload(upload.id, payload, named)).toBe('completed');
      return { upload, payload, keys: parts.map(({ key }) => key).toSorted() };
    }
    const usage = () => stores.accounts.usage(account.id);
    const blobBytes = async () => (await stores.meter.usage()).blobBytes;
    const due = async (at = now) =>
      (await stores.journal.claimDue(at, 60_000, 100)).map(({ key }) => key).toSorted();
    async function claimAnswer(holder = 'holder') {
      const id = newHashId();
      const record = { id, fingerprint: 'f', holder: 'holder', expiresAt: later };
      await stores.idempotency.claim({ ...record, answer: null }, now, leaseTime);
      const kept = async () =>
        (await stores.idempotency.claim({ ...record, answer: null }, now, leaseTime)).answer;
      const sealed = Uint8Array.of(1, 2, 3);
      return { seal: () => ({ id, holder, sealed }), sealed, kept };
    }

    describe('an upload with all parts', () => {
      test('returns their places, in the order of their numbers', async () => {
        const upload = await reserve();
        const second = await putPart(upload, 2, 10);
        const first = await putPart(upload, 1, 10);
        expect(await stores.uploads.parts(upload.id)).toEqual([
          { ...first, number: 1, etag: 'etag-1' },
          { ...second, number: 2, etag: 'etag-2' },
        ]);
        expect(await stores.uploads.parts('unknown')).toEqual([]);
      });

      test('becomes a payload, without leaving an upload or a reservation', async () => {
        const { upload, payload } = await completed({ readsLeft: 2, name: 'film.mp4' });
        expect(await stores.payloads.find(payload.id)).toEqual(payload);
        expect(await stores.uploads.find(upload.id)).toBeUndefined();
        expect(await stores.uploads.parts(upload.id)).toEqual([]);
        expect(await usage()).toEqual(nothing);
        expect([await blobBytes(), await stores.journal.count()]).toEqual([25, 0]);
        expect(await stores.inventory.wrongUsage()).toEqual([]);
      });

      test('releases parts that are not named', async () => {
        const upload = await reserve();
        const [first, , third] = await putAll(upload);
        const [one, , three] = (await stores.uploads.parts(upload.id)) as [
          UploadedPart,
          unknown,
          UploadedPart,
        ];
        const parts = [first, third].filter((part) => part !== undefined);
        const payload = payloadOf({ kind: 'parts', parts }, { size: 15 });
        expect(await stores.uploads.completePayload(upload.id, payload, [one, three])).toBe('completed');
        expect(await stores.payloads.find(payload.id)).toEqual(payload);
        expect([await blobBytes(), (await due()).length]).toEqual([15, 1]);
      });

      test('does not change if it has expired, is unknown, or a part was replaced', async () => {
        const upload = await reserve({ expiresAt: now + 1 });
        const parts = await putAll(upload);
        const named = await stores.uploads.parts(upload.id);
        const completing = stores.uploads.completePayload.bind(stores.uploads);
        const content = { kind: 'parts' as const, parts };
        expect(await completing(upload.id, payloadOf(content, { createdAt: now + 1 }), named)).toBe(
          'upload_gone',
        );
        expect(await completing('unknown', payloadOf(content), named)).toBe('upload_gone');
        await putPart(upload, 2, 10, 'again');
        const payload = payloadOf(content);
        expect(await completing(upload.id, payload, named)).toBe('parts_changed');
        expect(await stores.payloads.find(payload.id)).toBeUndefined();
        expect(await stores.uploads.parts(upload.id)).toHaveLength(3);
        expect(await usage()).toEqual({ ...nothing, reservedBytes: 25, reservedObjects: 1 });
        expect(await blobBytes()).toBe(25);
      });

      test('becomes one payload by many concurrent completions', async () => {
        const upload = await reserve();
        const parts = await putAll(upload);
        const named = await stores.uploads.parts(upload.id);
        const outcomes = await Promise.all(
          Array.from({ length: 5 }, () =>
            stores.uploads.completePayload(upload.id, payloadOf({ kind: 'parts', parts }), named),
          ),
        );
        expect(outcomes.toSorted()).toEqual(['completed', ...Array(4).fill('upload_gone')]);
        expect([await blobBytes(), await stores.journal.count()]).toEqual([25, 0]);
      });
    });

    describe('an upload that the blob store assembled', () => {
      test('becomes a payload of that blob, whose entry leaves the journal', async () => {
        const directKey = newHashId();
        const upload = await reserve({ directKey });
        expect(await stores.journal.count()).toBe(1);
        const payload = payloadOf({ kind: 'blob', key: directKey });
        expect(await stores.uploads.completePayload(upload.id, payload, [])).toBe('completed');
        expect(await stores.payloads.find(payload.id)).toEqual(payload);
        expect([await blobBytes(), await stores.journal.count()]).toEqual([25, 0]);
        expect(await usage()).toEqual(nothing);
      });

      test('does not change if the entry was claimed', async () => {
        const directKey = newHashId();
        const upload = await reserve({ directKey });
        expect(await due(later)).toEqual([directKey]);
        const payload = payloadOf({ kind: 'blob', key: directKey });
        expect(await stores.uploads.completePayload(upload.id, payload, [])).toBe('lease_lost');
        expect(await stores.payloads.find(payload.id)).toBeUndefined();
        // Counted since the reservation.
        expect(await blobBytes()).toBe(25);
        await stores.uploads.abort(upload.id, now);
        expect(await blobBytes()).toBe(0);
      });
    });

    describe('a payload in parts', () => {
      test('releases them with its last read, and not before', async () => {
        const { payload, keys } = await completed({ readsLeft: 2 });
        expect(await stores.payloads.takeRead(payload.id, now)).toBe(1);
        expect(await due()).toEqual([]);
        expect(await stores.payloads.takeRead(payload.id, now)).toBe(0);
        expect(await due()).toEqual(keys);
        expect([await blobBytes(), await stores.payloads.find(payload.id)]).toEqual([0, undefined]);
      });

      test('releases them when it is removed or expires', async () => {
        const removed = await completed();
        const expired = await completed({ expiresAt: now + 1 });
        const alive = await completed({ expiresAt: now + 2 });
        expect(await stores.payloads.remove(removed.payload.id, now)).toBe(true);
        expect(await due()).toEqual(removed.keys);
        expect(await stores.payloads.expire(now + 1, 10)).toEqual({ removed: 1, isDone: true });
        expect(await due(now + 1)).toEqual(expired.keys);
        expect(await stores.payloads.find(alive.payload.id)).toEqual(alive.payload);
        expect(await blobBytes()).toBe(25);
      });
    });

    describe('answers', () => {
      test('are kept with start, completion and abort', async () => {
        const begun = await claimAnswer();
        const upload = someUpload(account, { partSize: 10, declaredSize: 25 });
        await stores.uploads.start(upload, noQuota, later, begun.seal);
        expect(await begun.kept()).toEqual(begun.sealed);
        const parts = await putAll(upload);
        const named = await stores.uploads.parts(upload.id);
        const made = await claimAnswer();
        await stores.uploads.completePayload(
          upload.id,
          payloadOf({ kind: 'parts', parts }),
          named,
          made.seal,
        );
        expect(await made.kept()).toEqual(made.sealed);
        const [ended, unknown] = [await claimAnswer(), await claimAnswer()];
        expect(await stores.uploads.abort((await reserve()).id, now, ended.seal)).toBe('aborted');
        expect(await ended.kept()).toEqual(ended.sealed);
        expect(await stores.uploads.abort(upload.id, now, unknown.seal)).toBe('upload_gone');
        expect(await unknown.kept()).toBeNull();
      });

      test('of a try that lost its lease undo the write', async () => {
        const upload = await reserve();
        const parts = await putAll(upload);
        const named = await stores.uploads.parts(upload.id);
        const payload = payloadOf({ kind: 'parts', parts });
        const { seal } = await claimAnswer('another');
        const completing = () => stores.uploads.completePayload(upload.id, payload, named, seal);
        expect((await failureOf(completing)).code).toBe('store_away');
        expect(await stores.payloads.find(payload.id)).toBeUndefined();
        expect(await stores.uploads.parts(upload.id)).toEqual(named);
        expect(await usage()).toEqual({ ...nothing, reservedBytes: 25, reservedObjects: 1 });
      });
    });
  });
}
