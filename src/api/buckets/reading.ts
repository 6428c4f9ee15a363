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

/** `GET` and `HEAD /v1/buckets/{bucket}/objects/{key}`: with a key, or without one where the bucket is public. */
export async function readObject(exchange: Exchange, api: BucketApi, name: string): Promise<Response> {
  const { credential } = exchange;
  const bucket = await api.buckets.findReadable(credential?.account, name);
  // Without a key it is a call of the account whose objects they are.
  if (credential === undefined) api.traffic.noteRequest(bucket.accountId);
  return replyObject(exchange, api, bucket, keyInPath(exchange.path));
}

/** Serves an object's bytes to somebody who may read them. */
export async function replyObject(
  exchange: Exchange,
  api: BucketApi,
  bucket: StoredBucket,
  key: string,
): Promise<Response> {
  try {
    return await tryObject(exchange, api, bucket, key);
  } catch (error) {
    // Replaced between the look at its row and the opening of its bytes: then there is another one.
    if (error instanceof BytesGone) return tryObject(exchange, api, bucket, key);
    throw error;
  }
}

async function tryObject(
  exchange: Exchange,
  { bucketObjects, traffic, clock }: BucketApi,
  bucket: StoredBucket,
  key: string,
): Promise<Response> {
  const { object, content } = await bucketObjects.read(bucket, key);
  Object.assign(exchange.headers, objectHeaders(object));
  return replyUserContent(exchange, {
    ...object,
    cacheControl: bucket.isPublic ? publicUntil(object, clock()) : 'private, no-cache',
    validators: { etag: `"${object.etag}"`, lastModified: new Date(object.updatedAt) },
    open: async (range) => {
      const bytes = await bucketObjects.open(content, range);
      if (bytes === undefined) throw new BytesGone();
      traffic.noteBytes(bucket.accountId, 0, range ? range.end - range.start + 1 : object.size);
      return bytes;
    },
  });
}

/** The bytes of an object that was there a moment ago. */
class BytesGone extends Failure {
  constructor() {
    super('not_found', objectNotFound().message);
  }
}

function objectHeaders({ metadata, expiresAt, digest }: StoredObject): Record<string, string> {
  return {
    ...metadataHeaders(metadata),
    ...(expiresAt !== null && { 'x-expires-at': formatTime(expiresAt) }),
    ...(digest !== null && { 'repr-digest': `sha-256=:${digest}:` }),
  };
}

function publicUntil({ expiresAt }: StoredObject, now: number): string {
  return publicUntilExpiry(expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - now);
}
