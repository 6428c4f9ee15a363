import type { Confirmation, StoredUpload } from '../ports/files/upload-store.ts';

/** The file that an upload becomes, with the upload's description. It expires no later than its account. */
export function fileOf(
  upload: StoredUpload,
  size: number,
  { etag, at, expiresAt, metadata }: Confirmation,
  accountExpiry: number | null,
) {
  const { id, bucketId, accountId, key, publicId, name, mediaType, contentEncoding } = upload;
  const { isPublic, prefix, tags } = upload;
  const expiries = [expiresAt, accountExpiry].filter((expiry) => expiry !== null);
  return {
    id,
    bucketId,
    accountId,
    key,
    publicId,
    name,
    mediaType,
    contentEncoding,
    isPublic,
    prefix,
    metadata,
    tags,
    size,
    etag,
    createdAt: at,
    updatedAt: at,
    expiresAt: expiries.length === 0 ? null : Math.min(...expiries),
    downloads: 0,
    digest: null,
  };
}
