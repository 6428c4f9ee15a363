import { contentEncodingParameter, json, parameter, stringHeaders } from '../shared/operation-parts.ts';
import { BucketError } from './schemas.ts';

/** What the operations of the bucket API have in common, in OpenAPI 3.1. */

export const security = [{ storageKey: [] }];
/** An operation that can also be called without a key. */
export const optionalSecurity = [{}, { storageKey: [] }];

export const errorContent = json(BucketError);

export const bucketParameter = parameter('path', 'bucket', 'The name of the bucket.');
export const keyParameter = parameter('path', 'key', 'The key; slashes may be raw or encoded.');
export const idempotencyParameter = parameter(
  'header',
  'Idempotency-Key',
  'Makes the request safe to repeat: the first answer is kept for 24 hours and sent again.',
  { type: 'string', minLength: 1, maxLength: 255 },
);
export const replayed = stringHeaders({
  'Idempotency-Replayed': 'true where this is the first answer, sent again.',
});

export const objectCodingParameter = contentEncodingParameter(
  'Kept, and served with the object; its bytes are kept as they come.',
);

export const pageParameters = [
  parameter('query', 'cursor', 'From the page before.'),
  parameter('query', 'limit', 'Entries per page.', {
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    default: 50,
  }),
];

export const writeConditions = [
  parameter(
    'header',
    'If-Match',
    'Only where the object under the key has one of these ETags, or is there (*).',
  ),
  parameter('header', 'If-None-Match', 'Only where it has none of these, or is not there (*).'),
  parameter('header', 'If-Unmodified-Since', 'Only where it was not written since.'),
];

export const checksumParameters = [
  parameter(
    'header',
    'Content-MD5',
    'The MD5 of the body in base64. Where it does not match, nothing is stored.',
  ),
  parameter('header', 'Repr-Digest', 'The same with SHA-256: sha-256=:…: (RFC 9530). Told again on reading.'),
  parameter('header', 'Content-Digest', 'As Repr-Digest.'),
];

export const contentHeaders = stringHeaders({
  ETag: 'Of this version of the object.',
  'Last-Modified': 'When it was written.',
  'Accept-Ranges': 'bytes',
  'Cache-Control': 'Never past the expiry.',
  'Content-Encoding': 'The coding that it was put with, where it has one.',
  'x-expires-at': 'When it expires, where it does.',
  'Repr-Digest': 'The SHA-256 that it was put with, where it was.',
});
