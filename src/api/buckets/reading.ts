import type { ObjectBytes, ReadObject } from '../../core/buckets/bucket-objects.ts';
import { objectNotFound } from '../../core/buckets/publication.ts';
import { formatTime } from '../../core/expiry.ts';
import { Failure } from '../../core/failure.ts';
import type { StoredBucket } from '../../core/ports/bucket-store.ts';
import type { StoredObject } from '../../core/ports/object-store.ts';
import type { Exchange } from '../shared/exchange.ts';
import { publicUntilExpiry, replyUserContent } from '../shared/user-content.ts';
import type { BucketApi } from './api.ts';
import { metadataHeaders } from './object-headers.ts';
import { keyInPath } from './object-path.ts';

/**
 * `GET` and `HEAD /v1/buckets/{bucket}/objects/{key}`: with a key, or without one where the bucket is public. What is
 * at hand is answered at once, without a promise on the way.
 */
export function readObject(exchange: Exchange, api: BucketApi, name: string): Response | Promise<Response> {
  const key = keyInPath(exchange.path);
  const bucket = api.buckets.readableAtHand(exchange.credential?.account, name);
  const found = bucket && api.bucketObjects.atHand(bucket, key);
  if (bucket === undefined || found?.content.kind !== 'inline')
    return readFromStore(exchange, api, name, key);
  countAnonymous(exchange, api, bucket);
  return replyFound(exchange, api, bucket, found);
}

async function readFromStore(
  exchange: Exchange,
  api: BucketApi,
  name: string,
  key: string,
): Promise<Response> {
  const bucket = await api.buckets.findReadable(exchange.credential?.account, name);
  countAnonymous(exchange, api, bucket);
  return replyObject(exchange, api, bucket, key);
}

/** Without a key it is a call of the account whose objects they are. */
function countAnonymous({ credential }: Exchange, { traffic }: BucketApi, { accountId }: StoredBucket): void {
  if (credential === undefined) traffic.note(accountId, 1, 0, 0);
}

/** Serves an object's bytes to somebody who may read them. */
export async function replyObject(
  exchange: Exchange,
  api: BucketApi,
  bucket: StoredBucket,
  key: string,
): Promise<Response> {
  const read = () => api.bucketObjects.read(bucket, key);
  try {
    return await replyFound(exchange, api, bucket, await read());
  } catch (error) {
    // Replaced between the look at its row and the opening of its bytes: then there is another one.
    if (error instanceof BytesGone) return replyFound(exchange, api, bucket, await read());
    throw error;
  }
}

function replyFound(
  exchange: Exchange,
  { bucketObjects, traffic, clock }: BucketApi,
  bucket: StoredBucket,
  { object, content }: ReadObject,
): Response | Promise<Response> {
  const { mediaType, isText, size, etag, updatedAt } = object;
  return replyUserContent(exchange, {
    mediaType,
    isText,
    size,
    name: null,
    get headers() {
      return objectHeaders(object);
    },
    source: object,
    withKey: exchange.credential !== undefined,
    cacheControl: bucket.isPublic ? publicUntil(object, clock()) : 'private, no-cache',
    validators: { etag: `"${etag}"`, lastModified: new Date(updatedAt) },
    open: (range) => {
      traffic.note(bucket.accountId, 0, 0, range ? range.end - range.start + 1 : size);
      const bytes = bucketObjects.open(content, range);
      return bytes instanceof Promise ? bytes.then(requireBytes) : requireBytes(bytes);
    },
  });
}

function requireBytes(bytes: ObjectBytes | undefined): ObjectBytes {
  if (bytes === undefined) throw new BytesGone();
  return bytes;
}

/** The bytes of an object that was there a moment ago. */
class BytesGone extends Failure {
  constructor() {
    super('not_found', objectNotFound().message);
  }
}

const none = {};

function objectHeaders({ metadata, expiresAt, digest }: StoredObject): Record<string, string> {
  if (metadata === null && expiresAt === null && digest === null) return none;
  return {
    ...metadataHeaders(metadata),
    ...(expiresAt !== null && { 'x-expires-at': formatTime(expiresAt) }),
    ...(digest !== null && { 'repr-digest': `sha-256=:${digest}:` }),
  };
}

function publicUntil({ expiresAt }: StoredObject, now: number): string {
  return publicUntilExpiry(expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - now);
}
