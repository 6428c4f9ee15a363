import { beforeEach, describe, expect, test } from 'bun:test';
import { partCount, sizeOfPart } from '../../src/core/files/reservations.ts';
import { someAccount, someUpload } from '../ports/some-object.ts';
import { failureOf } from './failure-of.ts';
import { bytes, type FileCore, hour, nothingHeld, nothingUsed, openFileCore, someFile } from './file-core.ts';

const mebibyte = 1024 ** 2;

let core: FileCore;
beforeEach(async () => {
  core = await openFileCore();
});

const codeOf = async (work: () => unknown) => (await failureOf(work)).code;
const inTime = (milliseconds: number) => new Date(core.time.now + milliseconds).toISOString();

describe('a reservation', () => {
  test('has the declared properties, for an hour, and its key has 128 random bits before the name', async () => {
    const account = await core.account();
    const { upload, target } = await core.reserve(account, {
      ...{ prefix: 'a/b', metadata: { a: '1' }, tags: ['x'], isPublic: false, route: 'images' },
    });
    expect(upload).toMatchObject({
      ...{ name: 'photo.jpg', mediaType: 'image/jpeg', declaredSize: 100, isPublic: false, route: 'images' },
      ...{ prefix: 'a/b', metadata: { a: '1' }, tags: ['x'], objectExpiresAt: null, isReceived: false },
      ...{ createdAt: core.time.now, expiresAt: core.time.now + hour, accountId: account.id },
    });
    expect(upload.key).toMatch(/^[0-9a-f]{32}\/photo\.jpg$/);
    expect(upload.key.startsWith(upload.publicId ?? '-')).toBe(true);
    expect(target).toMatchObject({
      kind: 'here',
      uploadId: upload.id,
      part: null,
      expiresAt: upload.expiresAt,
    });
    expect(await core.uploads.find(account, upload.id)).toEqual(upload);
  });

  test('can have a key that begins with uploads/, and an id that sorts by time', async () => {
    const account = await core.account();
    const first = await core.reserve(account, { keyPrefix: 'uploads/' });
    expect(first.upload.key).toMatch(/^uploads\/[0-9a-f]{32}\/photo\.jpg$/);
    core.time.now += 1;
    expect((await core.reserve(account)).upload.id > first.upload.id).toBe(true);
  });

  test('expires with its account, if that is earlier', async () => {
    const account = await core.guest();
    core.time.now = (account.expiresAt ?? 0) - 1000;
    expect((await core.reserve(account)).upload.expiresAt).toBe(account.expiresAt ?? 0);
  });

  test('expires with its file, if that is earlier', async () => {
    const { upload } = await core.reserve(await core.account(), { expiryTime: inTime(1000) });
    expect(upload.expiresAt).toBe(core.time.now + 1000);
  });

  test('can be confirmed until its expiry, to the millisecond, by its account only', async () => {
    const [account, other] = [await core.account(), await core.guest()];
    const { upload } = await core.reserve(account);
    for (const find of [
      () => core.uploads.find(other, upload.id),
      () => core.uploads.find(account, 'unknown'),
    ])
      expect(await codeOf(find)).toBe('upload_not_found');
    core.time.now += hour - 1;
    expect((await core.uploads.find(account, upload.id)).id).toBe(upload.id);
    core.time.now += 1;
    expect(await codeOf(() => core.uploads.find(account, upload.id))).toBe('upload_not_found');
    expect(await codeOf(() => core.uploads.abort(account, upload.id))).toBe('upload_not_found');
  });

  test('frees its room when it is aborted, and when it has expired and was swept', async () => {
    const account = await core.account();
    const { upload } = await core.reserve(account);
    await core.reserve(account);
    await core.uploads.abort(account, upload.id);
    expect(await codeOf(() => core.uploads.abort(account, upload.id))).toBe('upload_not_found');
    expect(await core.usage(account)).toEqual({ ...nothingUsed, reservedBytes: 100, reservedObjects: 1 });
    core.time.now += hour;
    expect((await core.sweeper.run()).uploads).toBe(1);
    expect(await core.usage(account)).toEqual(nothingUsed);
    expect(await core.held()).toEqual(nothingHeld);
  });

  test('of another account cannot be aborted', async () => {
    const { upload } = await core.reserve(await core.account());
    const other = await core.guest();
    expect(await codeOf(() => core.uploads.abort(other, upload.id))).toBe('upload_not_found');
    expect(await core.held()).toEqual({ ...nothingHeld, uploads: 1 });
  });
});

describe('a rejected request reserves nothing:', () => {
  test.each([
    ['size', { size: -1 }],
    ['size', { size: 1.5 }],
    ['size', { size: Number.NaN }],
    ['size', { size: Number.POSITIVE_INFINITY }],
    ['size', { size: 2 ** 53 }],
    ['name', { name: '../photo.jpg' }],
    ['mediaType', { mediaType: 'image' }],
    ['prefix', { prefix: 'x'.repeat(256) }],
    ['prefix', { prefix: 'a\nb' }],
    ['expiryTime', { expiryTime: 'tomorrow' }],
    ['expiryTime', { expiryTime: '2025-02-30T00:00:00Z' }],
    ['expiryTime', { expiryTime: '2025-02-28T23:59:59Z' }],
  ])('an invalid %s: %j', async (field, given) => {
    const account = await core.account();
    expect(await failureOf(() => core.reserve(account, given))).toMatchObject({ code: 'invalid', field });
    const inParts = () => core.uploads.reserveInParts(account, someFile(given));
    expect(await failureOf(inParts)).toMatchObject({ code: 'invalid', field });
    expect(await core.held()).toEqual(nothingHeld);
    expect(await core.usage(account)).toEqual(nothingUsed);
  });

  test('an expiry now or after that of the account; an equal one is accepted', async () => {
    const account = await core.guest();
    const toTheEnd = (account.expiresAt ?? 0) - core.time.now;
    for (const milliseconds of [0, toTheEnd + 1])
      expect(await codeOf(() => core.reserve(account, { expiryTime: inTime(milliseconds) }))).toBe('invalid');
    for (const milliseconds of [1, toTheEnd]) {
      const { upload } = await core.reserve(account, { expiryTime: inTime(milliseconds) });
      expect(upload.objectExpiresAt).toBe(core.time.now + milliseconds);
    }
  });

  test('a file over the plan’s limit, or the server’s, by one byte', async () => {
    const guest = await core.guest();
    expect(await codeOf(() => core.reserve(guest, { size: 100_000_001 }))).toBe('too_large');
    expect((await core.reserve(guest, { size: 100_000_000 })).upload.declaredSize).toBe(100_000_000);
    core = await openFileCore({ maxObjectSize: 200 * mebibyte });
    const [small, large] = [await core.guest(), await core.account()];
    expect(await codeOf(() => core.reserve(small, { size: 100 * mebibyte + 1 }))).toBe('too_large');
    expect((await core.reserve(small, { size: 100 * mebibyte })).upload.declaredSize).toBe(100 * mebibyte);
    expect(await codeOf(() => core.reserve(large, { size: 200 * mebibyte + 1 }))).toBe('too_large');
  });

  test('a guest’s page or program, which others may upload', async () => {
    const guest = await core.guest();
    const page = { mediaType: 'Text/HTML; charset=utf-8' };
    expect(await codeOf(() => core.reserve(guest, page))).toBe('type_refused');
    expect((await core.reserve(await core.account(), page)).upload.mediaType).toBe(page.mediaType);
  });

  test('content without room on the server', async () => {
    const maxStorage = (await core.stores.meter.usage()).databaseBytes + 5 * mebibyte;
    core = await openFileCore({ maxStorage });
    const account = await core.account();
    expect(await codeOf(() => core.reserve(account, { size: 6 * mebibyte }))).toBe('no_room');
    expect(await core.held()).toEqual(nothingHeld);
    expect((await core.reserve(account, { size: mebibyte })).upload.declaredSize).toBe(mebibyte);
    // Errors that more room would not fix are reported first: a plan's limit, and an invalid size.
    const guest = await core.guest();
    expect(await codeOf(() => core.reserve(guest, { size: 101 * mebibyte }))).toBe('too_large');
    expect(await codeOf(() => core.reserve(account, { size: 2 ** 53 }))).toBe('invalid');
  });
});

describe('the quota', () => {
  test('is never exceeded by a hundred reservations at once, in bytes or in files', async () => {
    await core.plans.set('guest', { maxStoredBytes: 1050, maxObjects: 1000 });
    await core.plans.set('few', { maxObjects: 7 });
    await core.accounts.createKey('putput', 'few', { plan: 'few' });
    for (const [account, admitted, code] of [
      [await core.guest(), 10, 'bytes_exceeded'],
      [await core.accounts.named('few'), 7, 'objects_exceeded'],
    ] as const) {
      const all = await Promise.allSettled(Array.from({ length: 100 }, () => core.reserve(account)));
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(admitted);
      for (const outcome of all)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code });
      expect(await core.usage(account)).toMatchObject({ reservedObjects: admitted, storedObjects: 0 });
    }
  });

  test('counts stored files, and is freed by a deletion', async () => {
    await core.plans.set('guest', { maxStoredBytes: 1000 });
    const account = await core.guest();
    const file = await core.file(account, bytes(600));
    expect(await codeOf(() => core.reserve(account, { size: 401 }))).toBe('bytes_exceeded');
    await core.objects.remove(file);
    expect((await core.reserve(account, { size: 1000 })).upload.declaredSize).toBe(1000);
  });

  test('is freed from an expired reservation by a sweep', async () => {
    await core.plans.set('guest', { maxObjects: 1 });
    const account = await core.guest();
    await core.reserve(account);
    core.time.now += hour;
    await core.sweeper.run();
    expect((await core.reserve(account)).upload.declaredSize).toBe(100);
  });
});

describe('parts', () => {
  /** Parts have 5 MiB, except the last (docs/contract/uploadkit.md, "Uploads in parts"). */
  const size = 5 * mebibyte;

  test.each([
    [0, 1, 0],
    [1, 1, 1],
    [size - 1, 1, size - 1],
    [size, 1, size],
    [size + 1, 2, 1],
    [3 * size, 3, size],
    [3 * size + 7, 4, 7],
  ])('of %d bytes are %d, and the last has %d', async (declaredSize, count, last) => {
    const upload = someUpload(someAccount(), { declaredSize, partSize: size });
    expect(partCount(upload)).toBe(count);
    expect(sizeOfPart(upload, count)).toBe(last);
    for (let part = 1; part < count; part += 1) expect(sizeOfPart(upload, part)).toBe(size);
    const { parts, upload: reserved } = await core.uploads.reserveInParts(
      await core.account(),
      someFile({ size: declaredSize }),
    );
    expect(parts.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(parts.map(({ target }) => (target.kind === 'here' ? target.part : undefined))).toEqual(
      parts.map(({ number }) => number),
    );
    expect(reserved.partSize).toBe(size);
  });

  test('of a file that is uploaded in one request are one, with all bytes', () => {
    const upload = someUpload(someAccount(), { declaredSize: 100 * mebibyte });
    expect([partCount(upload), sizeOfPart(upload, 1)]).toEqual([1, 100 * mebibyte]);
  });
});
