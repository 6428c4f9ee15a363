import { Type } from '@sinclair/typebox';
import type { StoredBucket } from '../../../core/ports/buckets/bucket-store.ts';
import { andThen } from '../../../core/ports/maybe-promise.ts';
import { ifNoneMatchHeader } from '../../shared/answers/conditional.ts';
import { anyBytes } from '../../shared/endpoints/endpoint-definition.ts';
import { optionalText } from '../../shared/endpoints/schemas.ts';
import type { Exchange } from '../../shared/exchange.ts';
import type { BucketApi } from '../api.ts';
import { objectEndpoint } from '../endpoints.ts';
import { replyObject } from './object-content.ts';
import { writeConditionHeaders } from './object-headers.ts';
import { keyInPath, objectParams, objectPath } from './object-path.ts';

const text = (description: string) => Type.String({ description });
const contentHeaders = {
  etag: text('The ETag of this version of the object.'),
  'last-modified': text('When the object was last written.'),
  'accept-ranges': text('bytes'),
  'cache-control': text('Never beyond the expiry.'),
  'content-encoding': optionalText('The content coding of the upload, if it had one.'),
  'x-expires-at': optionalText('When the object expires. Absent if it does not.'),
  'repr-digest': optionalText('The SHA-256 of the upload, if it had one.'),
};

/** Shared with the GET of a signed URL. */
export const download = {
  headers: Type.Object({
    ...writeConditionHeaders,
    ...ifNoneMatchHeader,
    Range: optionalText('One range of bytes.'),
    'If-Range': optionalText('An ETag or a time. The range applies only to that version of the object.'),
    'If-Modified-Since': optionalText('If the object was not written after this time, the response is 304.'),
  }),
  responses: {
    200: {
      description:
        'The content, with a header `x-meta-NAME` for each name of its metadata. Content that could run script is ' +
        'sent as text/plain or as an attachment.',
      types: anyBytes,
      headers: contentHeaders,
      name: 'ObjectContent',
    },
    206: {
      description: 'A range of the content.',
      types: anyBytes,
      headers: { ...contentHeaders, 'content-range': text('The range.') },
      name: 'ObjectRange',
    },
    304: { description: 'Not modified.', headers: contentHeaders, name: 'ObjectNotModified' },
  },
} as const;

const readObject = objectEndpoint({
  ...download,
  method: 'GET',
  path: objectPath,
  operationId: 'readObject',
  summary: 'Download an object; HEAD gets its metadata',
  description: 'Objects of a public bucket can be read without a key.',
  security: [{}, { storageKey: [] }],
  params: objectParams,
  errors: [400, 404, 412, 416],
});

/** Cached objects are served without a promise. */
export const read = (api: BucketApi) =>
  readObject.by((exchange, { bucket: name }) => {
    const key = keyInPath(exchange.path);
    const found = api.buckets.findReadable(exchange.credential?.account, name);
    return readObject.pass(
      andThen(found, (bucket) => {
        countAnonymous(exchange, api, bucket);
        return replyObject(exchange, api, bucket, key);
      }),
    );
  });

/** A request without a key counts for the account that owns the bucket. */
function countAnonymous({ credential }: Exchange, { traffic }: BucketApi, { accountId }: StoredBucket): void {
  if (credential === undefined) traffic.note(accountId, 1, 0, 0);
}
