import type { ObjectBytes } from '../../../core/buckets/bucket-objects.ts';
import { objectNotFound } from '../../../core/buckets/object-publisher.ts';
import { formatTime } from '../../../core/expiry.ts';
import { Failure } from '../../../core/failure.ts';
import type { StoredBucket } from '../../../core/ports/buckets/bucket-store.ts';
import type { ReadObject, StoredObject } from '../../../core/ports/buckets/object-store.ts';
import { andThen, type MaybePromise } from '../../../core/ports/maybe-promise.ts';
import { exposeMetadata } from '../../shared/answers/cross-origin.ts';
import { publicUntilExpiry, replyUserContent, type UserContent } from '../../shared/answers/user-content.ts';
import type { Exchange } from '../../shared/exchange.ts';
import type { BucketApi } from '../api.ts';
import { metadataHeaders } from './object-headers.ts';

/** Reads an object and serves its content. */
export function replyObject(
  exchange: Exchange,
  api: BucketApi,
  bucket: StoredBucket,
  key: string,
): MaybePromise<Response> {
  const serve = () =>
    andThen(api.bucketObjects.read(bucket, key), (read) => replyFound(exchange, api, bucket, read));
  const response = serve();
  if (!(response instanceof Promise)) return response;
  return response.catch((error) => {
    // The object was replaced between the read of its row and the read of its bytes.
    if (error instanceof BytesGone) return serve();
    throw error;
  });
}

function replyFound(
  exchange: Exchange,
  { bucketObjects, traffic, clock }: BucketApi,
  bucket: StoredBucket,
  read: ReadObject,
): MaybePromise<Response> {
  const { object } = read;
  const cacheControl = bucket.isPublic ? publicUntil(object, clock()) : 'private, no-cache';
  const described = describedContent(object, cacheControl, exchange.credential !== undefined);
  exposeMetadata(exchange, described.headers);
  return replyUserContent(exchange, described, (range) => {
    traffic.note(bucket.accountId, 0, 0, range ? range.end - range.start + 1 : object.size);
    return andThen(bucketObjects.open(read, range), requireBytes);
  });
}

const keptContents = new WeakMap<StoredObject, UserContent>();

/** The description of the content, cached with the object: most reads repeat earlier ones. */
function describedContent(object: StoredObject, cacheControl: string, withKey: boolean): UserContent {
  const kept = keptContents.get(object);
  if (kept?.cacheControl === cacheControl && kept.withKey === withKey) return kept;
  const { mediaType, contentEncoding, isText, size, etag, updatedAt } = object;
  const content: UserContent = {
    mediaType,
    contentEncoding,
    isText,
    size,
    name: null,
    cacheControl,
    withKey,
    validators: { etag: `"${etag}"`, lastModified: new Date(updatedAt) },
    headers: objectHeaders(object),
  };
  keptContents.set(object, content);
  return content;
}

function requireBytes(bytes: ObjectBytes | undefined): ObjectBytes {
  if (bytes === undefined) throw new BytesGone();
  return bytes;
}

/** The bytes were deleted after the row of the object was read. */
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
