import { newHashId } from '../../src/core/ids.ts';
import type { AccountStore, NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { ObjectStore, StoredObject } from '../../src/core/ports/buckets/object-store.ts';
import type { BlobJournal } from '../../src/core/ports/content/blob-journal.ts';
import type { PlacedContent } from '../../src/core/ports/content/content.ts';
import type { ReceivedPart, StoredUpload, UploadStore } from '../../src/core/ports/files/upload-store.ts';
import type { PayloadStore, PlacedPayload, UploadedPayload } from '../../src/core/ports/payload-store.ts';
import { leaseTime } from './claims.ts';
import {
  blobContent,
  noQuota,
  someAccount,
  someConfirmation,
  someDescription,
  someUpload,
  storeObject,
} from './some-object.ts';
import { someBlobPayload, somePayload } from './some-payload.ts';

/** The ports that store and remove rows with content. */
export type RowStores = {
  accounts: AccountStore;
  payloads: PayloadStore;
  uploads: UploadStore;
  objects: ObjectStore;
  journal: BlobJournal;
};

export const now = Date.UTC(2025, 2, 1);
/** When the leases of the tests' blobs end. */
export const later = now + 60_000;

/** A blob of this size that can be published. No bytes are written: the tests look at rows only. */
export async function newBlob({ journal }: RowStores, size: number) {
  const key = newHashId();
  await journal.reserve(key, now, leaseTime);
  return { key, placed: blobContent(key, size) };
}

/** Stores an account; a guest's, unless a name is given. */
export async function newAccount({ accounts }: RowStores, given: Partial<NewAccount> = {}) {
  const account = someAccount(given);
  if ((await accounts.insert(account)) === 'exists') throw new Error('the account was not made');
  return account;
}

/** Stores a payload whose content is in a blob. */
export async function blobPayload(stores: RowStores, size: number, given: Partial<PlacedPayload> = {}) {
  const { key } = await newBlob(stores, size);
  const payload = someBlobPayload(key, { size, ...given });
  if ((await stores.payloads.insert(payload)) !== 'stored') throw new Error('the payload was not stored');
  return { ...payload, key };
}

/** Stores a payload with inline content. */
export async function inlinePayload(stores: RowStores, size: number, given: Partial<PlacedPayload> = {}) {
  const content = { kind: 'inline', data: 'x'.repeat(size) } as const;
  const payload = somePayload({ content, size, ...given });
  if ((await stores.payloads.insert(payload)) !== 'stored') throw new Error('the payload was not stored');
  return payload;
}

/** Stores an object whose content is in a blob. */
export async function blobObject(
  stores: RowStores,
  account: NewAccount,
  size: number,
  expiresAt: number | null = null,
): Promise<StoredObject & { blobKey: string }> {
  const { key, placed } = await newBlob(stores, size);
  const confirmation = someConfirmation({ expiresAt });
  return {
    ...(await storeObject(stores.uploads, someDescription(account), placed, confirmation)),
    blobKey: key,
  };
}

export async function newUpload(
  { uploads }: RowStores,
  account: NewAccount,
  given: Partial<StoredUpload> = {},
  directKeyEnds?: number,
): Promise<StoredUpload> {
  const upload = someUpload(account, given);
  const verdict = await uploads.start(upload, noQuota, directKeyEnds);
  if (verdict !== 'within') throw new Error(`the upload was not reserved: ${verdict}`);
  return upload;
}

/** The bytes of an upload arrive. */
export async function receive(stores: RowStores, { id }: StoredUpload, placed: PlacedContent) {
  if ((await stores.uploads.receive(id, placed, now)) !== 'received')
    throw new Error('the bytes were not received');
}

/** A part of an upload arrives as a blob. @returns The key of the blob. */
export async function receivePart(
  stores: RowStores,
  { id }: StoredUpload,
  number: number,
  size: number,
  etag = `etag-${number}`,
): Promise<string> {
  const { key, placed } = await newBlob(stores, size);
  if ((await stores.uploads.receivePart(id, { part: { number, size, etag }, placed }, now)) !== 'received')
    throw new Error('the part was not received');
  return key;
}

/** Stores a payload that stays in parts of these sizes. */
export async function payloadInParts(
  stores: RowStores,
  account: NewAccount,
  sizes: number[],
  given: Partial<UploadedPayload> = {},
) {
  const { upload, parts, keys } = await uploadInParts(stores, account, sizes);
  const size = sizes.reduce((sum, each) => sum + each, 0);
  const content = contentOf(parts);
  const payload: UploadedPayload = { ...somePayload(), size, isText: false, ...given, content };
  if ((await stores.uploads.completePayload(upload.id, payload, parts)) !== 'completed')
    throw new Error('the payload was not stored');
  return { payload, keys };
}

/** Stores an object that stays in parts of these sizes. */
export async function objectInParts(stores: RowStores, account: NewAccount, sizes: number[]) {
  const { upload, parts, keys } = await uploadInParts(stores, account, sizes);
  const object = await stores.uploads.completeFile(upload, parts, someConfirmation());
  if (typeof object === 'string') throw new Error(`the object was not stored: ${object}`);
  return { object, keys };
}

/** The number of parts that arrive concurrently. */
const atOnce = 100;

/** An upload whose parts, of these sizes, have all arrived. */
export async function uploadInParts(
  stores: RowStores,
  account: NewAccount,
  sizes: number[],
): Promise<{ upload: StoredUpload; parts: ReceivedPart[]; keys: string[] }> {
  const declaredSize = sizes.reduce((sum, each) => sum + each, 0);
  const upload = await newUpload(stores, account, { partSize: sizes[0] ?? 1, declaredSize });
  const keys: string[] = [];
  for (let from = 0; from < sizes.length; from += atOnce) {
    const some = sizes.slice(from, from + atOnce);
    const arriving = some.map((size, index) => receivePart(stores, upload, from + index + 1, size));
    keys.push(...(await Promise.all(arriving)));
  }
  return { upload, parts: await stores.uploads.parts(upload.id), keys };
}

/** The content of these parts. */
export function contentOf(parts: ReceivedPart[]) {
  return { kind: 'parts' as const, parts: parts.map(({ key, size }) => ({ key, size })) };
}
