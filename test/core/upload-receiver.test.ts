import { beforeEach, describe, expect, test } from 'bun:test';
import type { UploadTarget } from '../../src/core/files/reservations.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { failureOf } from './failure-of.ts';
import {
  bytes,
  bytesIn,
  chunksOf,
  type FileCore,
  hour,
  leaseTime,
  nothingHeld,
  openFileCore,
  someFile,
} from './file-core.ts';

const partSize = 5 * 1024 ** 2;
const inline = bytes(100);
const blob = bytes(5000);

let core: FileCore;
let account: StoredAccount;
beforeEach(async () => {
  core = await openFileCore();
  account = await core.account();
});

type Here = Extract<UploadTarget, { kind: 'here' }>;

async function reserve(size: number) {
  const { upload, target } = await core.reserve(account, { size });
  return { upload, target: target as Here };
}

const refusal = async (work: () => unknown) => (await failureOf(work)).code;
const contentOf = async (id: string) =>
  bytesIn(await core.objects.open(await core.objects.find(account, id)));

/** After any failure, a sweep leaves nothing behind once leases have expired. */
async function expectNothingIsLeft(): Promise<void> {
  core.time.now += hour + leaseTime;
  await core.sweeper.run();
  expect(await core.held()).toEqual(nothingHeld);
}

describe('a PUT', () => {
  test.each([
    ['inline', inline],
    ['as a blob', blob],
    ['of nothing', new Uint8Array(0)],
  ])('is kept %s until it is confirmed, with an ETag', async (_, content) => {
    const { upload, target } = await reserve(content.length);
    expect(await core.put(target, content)).toMatch(/^[0-9a-f]{32}$/);
    expect(await core.uploads.find(account, upload.id)).toMatchObject({ isReceived: true });
    const object = await core.confirmations.confirm(account, upload.id);
    expect(object.size).toBe(content.length);
    expect(await contentOf(upload.id)).toEqual(content);
  });

  test('is stored completely, in whatever chunks it arrives, also without an announced length', async () => {
    const { upload, target } = await reserve(blob.length);
    const chunks = chunksOf(
      blob.subarray(0, 1),
      blob.subarray(1, 1),
      blob.subarray(1, 3000),
      blob.subarray(3000),
    );
    await core.put(target, blob, { declaredSize: undefined, chunks });
    await core.confirmations.confirm(account, upload.id);
    expect(await contentOf(upload.id)).toEqual(blob);
  });

  test.each([inline, blob])('that is repeated replaces the first', async (content) => {
    const { upload, target } = await reserve(content.length);
    const second = bytes(content.length, 7);
    const etags = [await core.put(target, content), await core.put(target, second)];
    expect(etags[0]).not.toBe(etags[1]);
    await core.confirmations.confirm(account, upload.id);
    core.time.now += leaseTime;
    await core.sweeper.run();
    expect(await contentOf(upload.id)).toEqual(second);
    const isBlob = Number(content === blob);
    expect(await core.held()).toMatchObject({ files: isBlob, records: 0, blobBytes: isBlob * blob.length });
  });

  test('must have the signed type, in any spelling', async () => {
    const { target } = await reserve(100);
    for (const mediaType of ['IMAGE/JPEG', ' image/jpeg '])
      expect(await core.put(target, inline, { mediaType })).toMatch(/./);
  });

  test.each([undefined, '', 'image/png', 'image/jpeg; a=b', 'image'])(
    'of another type, %j, is rejected before a byte is read',
    async (mediaType) => {
      const { target } = await reserve(100);
      let isRead = false;
      async function* chunks() {
        isRead = true;
        yield inline;
      }
      expect(await refusal(() => core.put(target, inline, { mediaType, chunks: chunks() }))).toBe(
        'forbidden',
      );
      expect(isRead).toBe(false);
      await expectNothingIsLeft();
    },
  );

  test.each([
    [100, 99, 99],
    [100, 101, 101],
    [100, undefined, 99],
    [100, undefined, 101],
    [100, undefined, 0],
    [100, 100, 99],
    [100, 100, 101],
    [5000, undefined, 4999],
    [5000, undefined, 5001],
    [5000, 5000, 4999],
    [0, undefined, 1],
  ])(
    'for %d bytes that announces %p and sends %d is rejected, and leaves nothing',
    async (size, declaredSize, length) => {
      const { target } = await reserve(size);
      expect(await refusal(() => core.put(target, bytes(length), { declaredSize }))).toBe('forbidden');
      await expectNothingIsLeft();
    },
  );

  test.each([10, 5000])(
    'that is aborted after %d bytes keeps the earlier content, and leaves nothing behind',
    async (at) => {
      const { upload, target } = await reserve(blob.length);
      await core.put(target, blob);
      const brokenOff = new Error('the client went away');
      const chunks = chunksOf(bytes(at, 3), brokenOff);
      await expect(core.put(target, blob, { chunks })).rejects.toBe(brokenOff);
      await core.confirmations.confirm(account, upload.id);
      expect(await contentOf(upload.id)).toEqual(blob);
      core.time.now += leaseTime;
      await core.sweeper.run();
      expect(await core.held()).toMatchObject({ files: 1, records: 0 });
    },
  );

  test('is store_away while the blob store is unavailable, and can be repeated', async () => {
    const { upload, target } = await reserve(blob.length);
    core.blobs.away = true;
    expect(await refusal(() => core.put(target, blob))).toBe('store_away');
    core.blobs.away = false;
    await core.put(target, blob);
    await core.confirmations.confirm(account, upload.id);
    expect(await contentOf(upload.id)).toEqual(blob);
  });
});

describe('the URL of a PUT', () => {
  test('is valid until it expires, to the millisecond', async () => {
    const { target } = await reserve(100);
    core.time.now += hour - 1;
    expect(await core.put(target, inline)).toMatch(/./);
    core.time.now += 1;
    let isRead = false;
    async function* chunks() {
      isRead = true;
      yield inline;
    }
    expect(await refusal(() => core.put(target, inline, { chunks: chunks() }))).toBe('forbidden');
    expect(isRead).toBe(false);
  });

  test('is invalid if it is altered: a later expiry, another upload, another signature, a part', async () => {
    const { target } = await reserve(100);
    const { target: other } = await reserve(100);
    const { target: longer } = await reserve(101);
    for (const altered of [
      { expiresAt: target.expiresAt + 1 },
      { expiresAt: Number.NaN },
      { uploadId: other.uploadId },
      { uploadId: longer.uploadId },
      { uploadId: 'unknown' },
      { uploadId: '' },
      { signature: other.signature },
      { signature: '' },
      { signature: `${target.signature}a` },
      { signature: target.signature.slice(0, -1) },
      { part: 0 },
      { part: 1 },
    ])
      expect(await refusal(() => core.put({ ...target, ...altered }, inline))).toBe('forbidden');
    await expectNothingIsLeft();
  });

  test.each(['confirmed', 'aborted', 'swept'])('is invalid once the upload is %s', async (how) => {
    const { upload, target } = await reserve(blob.length);
    await core.put(target, blob);
    if (how === 'confirmed') await core.confirmations.confirm(account, upload.id);
    if (how === 'aborted') await core.uploads.abort(account, upload.id);
    if (how === 'swept') {
      core.time.now += hour;
      await core.sweeper.run();
    }
    expect(await refusal(() => core.put(target, bytes(blob.length, 7)))).toBe('forbidden');
    if (how !== 'confirmed') return expectNothingIsLeft();
    expect(await contentOf(upload.id)).toEqual(blob);
  });

  test.each([inline, blob])(
    'is also invalid for a PUT that is running when its upload ends',
    async (content) => {
      for (const how of ['confirmed', 'aborted', 'expired', 'expired and swept'] as const) {
        const { upload, target } = await reserve(content.length);
        await core.put(target, content);
        async function* slow() {
          yield bytes(content.length - 1, 7);
          if (how === 'confirmed') await core.confirmations.confirm(account, upload.id);
          if (how === 'aborted') await core.uploads.abort(account, upload.id);
          if (how.startsWith('expired')) await core.time.advance(hour);
          if (how.endsWith('swept')) await core.sweeper.run();
          yield bytes(1, 7);
        }
        const late = () => core.put(target, content, { chunks: slow() });
        expect([how, await refusal(late)]).toEqual([how, 'forbidden']);
        if (how === 'confirmed') {
          expect(await contentOf(upload.id)).toEqual(content);
          await core.objects.remove(await core.objects.find(account, upload.id));
        }
        await expectNothingIsLeft();
      }
    },
  );
});

describe('a part', () => {
  async function reserveParts(size = partSize + 10) {
    const { upload, parts } = await core.uploads.reserveInParts(account, someFile({ size }));
    const targets = parts.map(({ target }) => target as Here);
    return { upload, first: targets[0] as Here, last: targets[1] as Here };
  }

  test('must have exactly its size, the last one too, and needs no type', async () => {
    const { first, last } = await reserveParts();
    expect(await refusal(() => core.put(last, bytes(9)))).toBe('forbidden');
    expect(await refusal(() => core.put(last, bytes(11)))).toBe('forbidden');
    expect(await refusal(() => core.put(last, bytes(11), { declaredSize: undefined }))).toBe('forbidden');
    expect(await refusal(() => core.put(first, bytes(10)))).toBe('forbidden');
    expect(await core.put(last, bytes(10), { mediaType: undefined })).toMatch(/^[0-9a-f]{32}$/);
    expect(await core.put(first, bytes(partSize), { mediaType: 'text/plain' })).toMatch(/^[0-9a-f]{32}$/);
    expect(await core.held()).toMatchObject({ parts: 2, files: 2, blobBytes: partSize + 10 });
    await expectNothingIsLeft();
  });

  test('is accepted at its own URL only', async () => {
    const { first, last } = await reserveParts(2 * partSize);
    for (const part of [0, 2, 3, -1, 1.5, Number.NaN, null])
      expect(await refusal(() => core.put({ ...first, part }, bytes(partSize)))).toBe('forbidden');
    expect(await refusal(() => core.put({ ...last, part: 1 }, bytes(partSize)))).toBe('forbidden');
    await expectNothingIsLeft();
  });

  test('that is repeated replaces the first, whose bytes are removed', async () => {
    const { last } = await reserveParts();
    await core.put(last, bytes(10));
    await core.put(last, bytes(10, 7));
    await core.sweeper.run();
    expect(await core.held()).toMatchObject({ parts: 1, files: 1, blobBytes: 10, records: 0 });
  });
});
