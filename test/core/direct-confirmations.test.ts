import { beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { UploadTarget } from '../../src/core/files/reservations.ts';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { S3BlobStore } from '../../src/stores/blobs/s3.ts';
import { type S3Server, startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { failureOf } from './failure-of.ts';
import {
  bytes,
  bytesIn,
  type FileCore,
  hour,
  leaseTime,
  maxUploadTime,
  nothingUsed,
  openFileCore,
  someFile,
} from './file-core.ts';

const partSize = 5 * 1024 ** 2;
const content = bytes(5000);

await suiteWith(['versitygw'], 'uploads straight to S3', () => {
  let s3: S3Server;
  let core: FileCore;
  let account: StoredAccount;
  beforeAll(async () => {
    s3 = await startS3();
  }, 60_000);
  beforeEach(async () => {
    core = await openFileCore({ blobs: new S3BlobStore(s3) });
    account = await core.account();
  });

  const codeOf = async (work: () => unknown) => (await failureOf(work)).code;
  const sizeUsed = { ...nothingUsed, storedBytes: 5000, storedObjects: 1 };

  async function put(target: UploadTarget | undefined, body: Uint8Array, mediaType?: string) {
    if (target?.kind !== 'direct') throw new Error('its bytes do not go to S3');
    const headers: Record<string, string> = mediaType === undefined ? {} : { 'content-type': mediaType };
    return fetch(target.url, { method: 'PUT', body: body as BodyInit, headers });
  }
  async function reserve(size = content.length) {
    const { upload, target } = await core.reserve(account, { size });
    return { upload, target, send: (body = content) => put(target, body, 'image/jpeg') };
  }
  const contentOf = async (id: string) =>
    bytesIn(await core.objects.open(await core.objects.find(account, id)));
  /** The blobs of this test: the keys in the bucket that are in its database or its journal. */
  async function keptKeys(...uploads: { directKey: string | null }[]) {
    const keys = await s3.listKeys();
    return uploads.filter(({ directKey }) => keys.includes(`blobs/${directKey}`)).length;
  }

  test('a PUT to the S3 server and a confirmation create a file from a copy', async () => {
    const { upload, send } = await reserve();
    expect(await codeOf(() => core.confirmations.confirm(account, upload.id))).toBe('not_uploaded');
    expect((await send()).status).toBe(200);
    const object = await core.confirmations.confirm(account, upload.id);
    expect(object.size).toBe(5000);
    expect(await contentOf(upload.id)).toEqual(content);
    expect(await core.usage(account)).toEqual(sizeUsed);
    expect(await codeOf(() => core.confirmations.confirm(account, upload.id))).toBe('upload_not_found');
  });

  test('a second PUT before the confirmation replaces the first; one after it changes nothing and is swept', async () => {
    const { upload, send } = await reserve();
    await send(bytes(5000, 3));
    await send();
    await core.confirmations.confirm(account, upload.id);
    await core.sweeper.run();
    expect(await keptKeys(upload)).toBe(0);
    expect((await send(bytes(5000, 7))).status).toBe(200);
    expect(await contentOf(upload.id)).toEqual(content);
    expect(await keptKeys(upload)).toBe(1);
    core.time.now = upload.expiresAt + maxUploadTime;
    expect((await core.sweeper.run()).blobs).toBe(1);
    expect(await keptKeys(upload)).toBe(0);
    expect(await contentOf(upload.id)).toEqual(content);
    expect(await core.stores.journal.count()).toBe(0);
  });

  test('concurrent confirmations and second PUTs create one file, with one of the contents', async () => {
    const { upload, send } = await reserve();
    await send();
    const later = bytes(5000, 7);
    const all = await Promise.allSettled([
      ...Array.from({ length: 8 }, () => core.confirmations.confirm(account, upload.id)),
      send(later),
    ]);
    const confirmed = all.slice(0, 8).filter(({ status }) => status === 'fulfilled');
    if (confirmed.length === 0) await core.confirmations.confirm(account, upload.id);
    expect(confirmed.length).toBeLessThanOrEqual(1);
    const kept = await contentOf(upload.id);
    expect([content, later].some((each) => Buffer.from(each).equals(kept))).toBe(true);
    expect(await core.usage(account)).toEqual(sizeUsed);
    core.time.now = upload.expiresAt + maxUploadTime + leaseTime;
    await core.sweeper.run();
    expect(await core.stores.journal.count()).toBe(0);
    expect(await contentOf(upload.id)).toEqual(kept);
  });

  test('bytes in S3 of another size than declared are not an upload', async () => {
    const { upload, send } = await reserve();
    await core.blobs.write(
      upload.directKey ?? '',
      [content.slice(1)] as unknown as AsyncIterable<Uint8Array>,
      4999,
    );
    expect(await codeOf(() => core.confirmations.confirm(account, upload.id))).toBe('not_uploaded');
    await send();
    expect((await core.confirmations.confirm(account, upload.id)).size).toBe(5000);
  });

  test.each(['aborted', 'expired'])(
    'bytes that were PUT for an %s upload are swept, late ones too',
    async (how) => {
      const { upload, send } = await reserve();
      await send();
      if (how === 'aborted') await core.uploads.abort(account, upload.id);
      else core.time.now += hour;
      expect(await codeOf(() => core.confirmations.confirm(account, upload.id))).toBe('upload_not_found');
      await core.sweeper.run();
      expect(await keptKeys(upload)).toBe(0);
      await send();
      core.time.now = upload.expiresAt + maxUploadTime;
      await core.sweeper.run();
      expect(await keptKeys(upload)).toBe(0);
      expect(await core.usage(account)).toEqual(nothingUsed);
      expect(await core.stores.journal.count()).toBe(0);
    },
  );

  test('while S3 is unavailable, nothing is lost: reservations work, and the confirmation works later', async () => {
    const { upload, send } = await reserve();
    await send();
    core.blobs.away = true;
    expect(await codeOf(() => core.confirmations.confirm(account, upload.id))).toBe('store_away');
    expect((await core.reserve(account)).target.kind).toBe('direct');
    const inParts = () => core.uploads.reserveInParts(account, someFile({ size: 10 }));
    expect(await codeOf(inParts)).toBe('store_away');
    expect((await core.usage(account)).reservedObjects).toBe(2);
    core.blobs.away = false;
    await core.confirmations.confirm(account, upload.id);
    expect(await contentOf(upload.id)).toEqual(content);
  });

  describe('in parts', () => {
    const size = partSize + 7;
    const [one, two] = [bytes(partSize), bytes(7, 3)];

    async function reserveParts() {
      const { upload, parts } = await core.uploads.reserveInParts(account, someFile({ size }));
      const send = async (number: number, body: Uint8Array) => {
        const response = await put(parts[number - 1]?.target, body);
        expect(response.status).toBe(200);
        return { number, etag: response.headers.get('etag') ?? '' };
      };
      return { upload, send };
    }

    test('become a file of all parts, once', async () => {
      const { upload, send } = await reserveParts();
      const second = await send(2, two);
      const first = await send(1, one);
      const complete = () => core.confirmations.complete(account, upload.id, [first, second]);
      expect((await complete()).size).toBe(size);
      expect(Buffer.concat([one, two]).equals(await contentOf(upload.id))).toBe(true);
      expect(await codeOf(complete)).toBe('upload_not_found');
      core.time.now = upload.expiresAt + maxUploadTime;
      await core.sweeper.run();
      expect(Buffer.concat([one, two]).equals(await contentOf(upload.id))).toBe(true);
      expect(await core.stores.journal.count()).toBe(0);
    });

    test('with a wrong ETag, or with a missing one, are rejected and can still be completed', async () => {
      const { upload, send } = await reserveParts();
      const first = await send(1, one);
      const wrong = { number: 2, etag: first.etag };
      const complete = (...parts: (typeof wrong)[]) => core.confirmations.complete(account, upload.id, parts);
      expect(await codeOf(() => complete(first, wrong))).toBe('invalid');
      const second = await send(2, two);
      expect(await codeOf(() => complete(second, first))).toBe('invalid');
      expect((await complete(first, second)).size).toBe(size);
    });

    test('that are aborted leave nothing in S3 after a sweep', async () => {
      const { upload, send } = await reserveParts();
      await send(1, one);
      const blobKey = `blobs/${upload.directKey}`;
      expect((await s3.listMultipartUploads()).map(({ key }) => key)).toContain(blobKey);
      await core.uploads.abort(account, upload.id);
      await core.sweeper.run();
      expect((await s3.listMultipartUploads()).map(({ key }) => key)).not.toContain(blobKey);
      expect(await core.usage(account)).toEqual(nothingUsed);
    });
  });
});
