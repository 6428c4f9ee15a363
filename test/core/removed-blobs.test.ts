import { expect, test } from 'bun:test';
import type { Buckets } from '../../src/core/buckets/buckets.ts';
import { MultipartCompletions } from '../../src/core/buckets/multipart-completions.ts';
import type { MultipartStores, MultipartUploads } from '../../src/core/buckets/multipart-uploads.ts';
import type { Placement } from '../../src/core/content/placement.ts';
import { Confirmations } from '../../src/core/files/confirmations.ts';
import type { Uploads } from '../../src/core/files/uploads.ts';
import { BlobMissing } from '../../src/core/ports/content/blob-store.ts';
import { someAccount, someUpload } from '../ports/some-object.ts';
import { failureOf } from './failure-of.ts';

const account = { ...someAccount(), name: 'acme' };
const upload = someUpload(account, { directKey: 'key', directUploadId: 'id', partSize: 5 * 1024 ** 2 });
const named = [{ number: 1, etag: '0123456789abcdef0123456789abcdef' }];
const deps = {
  stores: {
    direct: { completeParts: async () => undefined, inspect: async () => ({ size: 100, version: '"v"' }) },
    uploads: { parts: async () => [{ ...named[0], size: 100 }] },
    objects: { findByKey: async () => undefined },
  } as object as MultipartStores,
  uploads: { find: async () => upload } as object as Uploads & MultipartUploads,
  buckets: { find: async () => ({}) } as object as Buckets,
  // A check against the blocked content reads the blob, which an abort has removed.
  placement: { requireUnblocked: () => Promise.reject(new BlobMissing()) } as object as Placement,
  maxUploadTime: 1000,
  clock: () => upload.createdAt,
};

test.each([
  ['a file', () => new Confirmations(deps).complete(account, upload.id, named)],
  [
    'an object',
    () =>
      new MultipartCompletions(deps).complete(
        account,
        { bucketName: 'b', uploadId: upload.id },
        named,
        {} as never,
      ),
  ],
])('%s in the blob store whose upload is aborted during its completion is invalid', async (_, complete) => {
  expect(await failureOf(complete)).toMatchObject({ code: 'invalid', field: 'parts' });
});
