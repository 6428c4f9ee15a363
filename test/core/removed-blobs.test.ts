import { describe, expect, test } from 'bun:test';
import type { Buckets } from '../../src/core/buckets/buckets.ts';
import { MultipartCompletions } from '../../src/core/buckets/multipart-completions.ts';
import type { MultipartStores, MultipartUploads } from '../../src/core/buckets/multipart-uploads.ts';
import type { Placement } from '../../src/core/content/placement.ts';
import { Confirmations } from '../../src/core/files/confirmations.ts';
import type { Uploads } from '../../src/core/files/uploads.ts';
import { BlobMissing } from '../../src/core/ports/content/blob-store.ts';
import type { StoredUpload } from '../../src/core/ports/files/upload-store.ts';
import { someAccount, someUpload } from '../ports/some-object.ts';
import { failureOf } from './failure-of.ts';

const account = { ...someAccount(), name: 'acme' };
const direct = someUpload(account, { directKey: 'key', directUploadId: 'id', partSize: 5 * 1024 ** 2 });
const inParts = { ...direct, directKey: null, directUploadId: null };
const named = [{ number: 1, etag: '0123456789abcdef0123456789abcdef' }];

/** @param stored The upload that the store finds after its blob was removed. */
function depsOf(upload: StoredUpload, stored: StoredUpload | undefined) {
  return {
    stores: {
      direct: { completeParts: async () => undefined, inspect: async () => ({ size: 100, version: '"v"' }) },
      uploads: { parts: async () => [{ ...named[0], size: 100 }], find: async () => stored },
      objects: { findByKey: async () => undefined },
    } as object as MultipartStores,
    uploads: { find: async () => upload } as object as Uploads & MultipartUploads,
    buckets: { find: async () => ({}) } as object as Buckets,
    // A check against the blocked content reads the blob, which another request has removed.
    placement: { requireUnblocked: () => Promise.reject(new BlobMissing()) } as object as Placement,
    maxUploadTime: 1000,
    clock: () => upload.createdAt,
  };
}

const completions = {
  file: (...uploads: Parameters<typeof depsOf>) =>
    new Confirmations(depsOf(...uploads)).complete(account, direct.id, named),
  object: (...uploads: Parameters<typeof depsOf>) =>
    new MultipartCompletions(depsOf(...uploads)).complete(
      account,
      { bucketName: 'b', uploadId: direct.id },
      named,
      {} as never,
    ),
};

describe.each([
  ['a file', completions.file],
  ['an object', completions.object],
])('the completion of %s whose blob was removed', (_, complete) => {
  test.each([
    ['in the blob store', direct],
    ['in parts', inParts],
  ])('is upload_not_found if the upload was aborted: %s', async (_, upload) => {
    expect((await failureOf(() => complete(upload, undefined))).code).toBe('upload_not_found');
  });

  test('is upload_not_found for a direct upload that is still stored', async () => {
    expect((await failureOf(() => complete(direct, direct))).code).toBe('upload_not_found');
  });

  test('is invalid if a part was replaced', async () => {
    const failure = await failureOf(() => complete(inParts, inParts));
    expect(failure).toMatchObject({ code: 'invalid', field: 'parts' });
  });
});
