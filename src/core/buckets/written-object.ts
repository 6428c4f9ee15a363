import type { StoredObject } from '../ports/buckets/object-store.ts';
import type { NewObject } from '../ports/buckets/object-writes.ts';

/** The object that a write makes, without its position. One that replaces another keeps the time of its creation. */
export function writtenObject(
  object: NewObject,
  { size, isText, createdAt }: Pick<StoredObject, 'size' | 'isText' | 'createdAt'>,
): Omit<StoredObject, 'position'> {
  const { bucket, at, metadata, id, key, mediaType, contentEncoding, etag, digest, expiresAt } = object;
  return {
    id,
    bucketId: bucket.id,
    accountId: bucket.accountId,
    key,
    publicId: null,
    name: null,
    mediaType,
    contentEncoding,
    isPublic: false,
    prefix: null,
    metadata: Object.keys(metadata).length === 0 ? null : metadata,
    tags: null,
    size,
    isText,
    etag,
    digest,
    createdAt,
    updatedAt: at,
    expiresAt,
    downloads: 0,
    lastDownloadAt: null,
  };
}
