import { hashSecret, newHashId, newToken } from '../../src/core/ids.ts';
import type { NewAccount, NewKey } from '../../src/core/ports/accounts/account-store.ts';
import type { ObjectDescription, StoredObject } from '../../src/core/ports/buckets/object-store.ts';
import type { ObjectContent, PlacedContent } from '../../src/core/ports/content/content.ts';
import type {
  Confirmation,
  PartBooking,
  StoredUpload,
  UploadStore,
} from '../../src/core/ports/files/upload-store.ts';
import type { Quota } from '../../src/core/ports/limits/quota.ts';

const now = Date.UTC(2025, 2, 1);

export const noQuota: Quota = { maxStoredBytes: null, maxObjects: null };

/** The account of a guest that is not claimed, unless overridden. */
export function someAccount(given: Partial<NewAccount> = {}): NewAccount {
  return {
    id: newHashId(),
    name: null,
    plan: 'guest',
    createdAt: now,
    expiresAt: null,
    filesBucketId: newHashId(),
    claimHash: hashSecret(newToken()),
    ...given,
  };
}

export function someKey(accountId: string, given: Partial<NewKey> = {}): NewKey {
  return {
    id: newHashId(),
    accountId,
    kind: 'putput',
    name: null,
    prefix: 'pp_abcd',
    hash: hashSecret(newToken()),
    createdAt: now,
    ...given,
  };
}

/** The description of the photo of docs/contract/putput.md, "Example", in an account's bucket of files. */
export function someDescription(
  { id, filesBucketId }: Pick<NewAccount, 'id' | 'filesBucketId'>,
  given: Partial<ObjectDescription> = {},
): ObjectDescription {
  const publicId = newHashId();
  return {
    bucketId: filesBucketId,
    accountId: id,
    key: `${publicId}/photo.jpg`,
    publicId,
    name: 'photo.jpg',
    mediaType: 'image/jpeg',
    contentEncoding: null,
    isPublic: true,
    prefix: null,
    metadata: null,
    tags: null,
    ...given,
  };
}

/** An upload of one PUT to this server. */
export function someUpload(account: NewAccount, given: Partial<StoredUpload> = {}): StoredUpload {
  return {
    ...someDescription(account),
    id: newHashId(),
    declaredSize: 100,
    objectExpiresAt: null,
    objectTtl: null,
    route: null,
    createdAt: now,
    expiresAt: now + 3_600_000,
    directKey: null,
    directUploadId: null,
    partSize: null,
    isReceived: false,
    isText: false,
    ...given,
  };
}

export function inlineContent(size: number): PlacedContent {
  return { content: { kind: 'inline', data: 'x'.repeat(size) }, size, isText: true };
}

/** The text of inline content, which a store may return as bytes; undefined if it is elsewhere. */
export function textOf(content: ObjectContent | undefined): string | undefined {
  return content?.kind === 'inline' ? Buffer.from(content.data).toString() : undefined;
}

export function blobContent(key: string, size: number): PlacedContent {
  return { content: { kind: 'blob', key }, size, isText: false };
}

export function someConfirmation(given: Partial<Confirmation> = {}): Confirmation {
  return { etag: newHashId(), at: now, expiresAt: null, metadata: null, ...given };
}

/** Turns placed content into an object through an upload, as the core does. */
export async function storeObject(
  uploads: UploadStore,
  description: ObjectDescription,
  placed: PlacedContent,
  confirmation = someConfirmation(),
): Promise<StoredObject> {
  const { at } = confirmation;
  const upload: StoredUpload = {
    ...description,
    id: newHashId(),
    declaredSize: placed.size,
    objectExpiresAt: null,
    objectTtl: null,
    route: null,
    createdAt: at,
    expiresAt: at + 3_600_000,
    directKey: null,
    directUploadId: null,
    partSize: null,
    isReceived: false,
    isText: false,
  };
  await uploads.start(upload, noQuota);
  const object = await uploads.completeFile(upload, placed, confirmation);
  if (typeof object === 'string') throw new Error(`the object was not made: ${object}`);
  return object;
}

/** A new booking of a part. */
export function bookingOf({ number, size }: Omit<PartBooking, 'id'>): PartBooking {
  return { id: newHashId(), number, size };
}
