import { repeatIfUnknown } from '../outcome-unknown.ts';
import type { ObjectStore, StoredObject } from '../ports/buckets/object-store.ts';
import type {
  CompletionRefusal,
  Confirmation,
  StoredUpload,
  UploadStore,
} from '../ports/files/upload-store.ts';

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

/** Stores the file of an upload. A call with an unknown outcome is repeated, and may find the file of the first one. */
export function completeFile(
  { uploads, objects }: { uploads: Pick<UploadStore, 'completeFile'>; objects: Pick<ObjectStore, 'find'> },
  ...completion: Parameters<UploadStore['completeFile']>
): Promise<StoredObject | CompletionRefusal> {
  const [{ bucketId, id }] = completion;
  return repeatIfUnknown(async (isRepeat) => {
    const outcome = await uploads.completeFile(...completion);
    if (outcome !== 'upload_gone' || !isRepeat) return outcome;
    return (await objects.find(bucketId, id)) ?? outcome;
  });
}
