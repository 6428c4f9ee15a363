import { eventsAboutUpload } from '../../src/core/buckets/object-events.ts';
import { newHashId, newTimedId } from '../../src/core/ids.ts';
import type { NewObject, Written } from '../../src/core/ports/buckets/object-writes.ts';
import type { PlacedContent } from '../../src/core/ports/content/content.ts';
import type { PartLimits } from '../../src/core/ports/files/upload-store.ts';
import {
  ownSizes,
  type ReceivedPart,
  type StoredUpload,
  type UploadedPart,
} from '../../src/core/ports/files/upload-store.ts';
import {
  type BucketScene,
  type BucketStores,
  newObject,
  now,
  type WriteTerms,
  writeOptions,
} from './bucket-scene.ts';
import { bookingOf, noQuota, someUpload } from './some-object.ts';

/** When clients can no longer write to the blob of a direct upload. */
export const directKeyEnds = now + 500_000;

export const anyPart: PartLimits = { ...noQuota, maxObjectBytes: Number.POSITIVE_INFINITY };

/** A stored part and the blob that holds it. */
export type PutPart = UploadedPart & { blob: { key: string } };

/** The options of a completion. By default it uses all parts and has no conditions. */
export type CompletionTerms = WriteTerms<Written> & {
  content?: UploadedPart[] | PlacedContent;
  object?: Partial<NewObject>;
  via?: BucketStores;
};

export type MultipartScene = ReturnType<typeof multipartScene>;

/** Helpers for multipart uploads to the bucket of a scene. */
export function multipartScene({ account, bucket, stores, blob }: BucketScene) {
  /** An upload that is not in the store yet. */
  function uploadOf(given: Partial<StoredUpload> = {}): StoredUpload {
    return {
      ...someUpload(account),
      ...{ bucketId: bucket.id, key: 'key', publicId: null, name: null, mediaType: 'text/plain' },
      ...{ id: newTimedId(now), isPublic: false, declaredSize: 0, partSize: ownSizes },
      ...given,
    };
  }

  async function start(given: Partial<StoredUpload> = {}): Promise<StoredUpload> {
    const upload = uploadOf(given);
    await stores.uploads.start(upload, noQuota, directKeyEnds);
    return upload;
  }

  /** Starts an upload whose parts the blob store collects. */
  function startDirect(given: Partial<StoredUpload> = {}): Promise<StoredUpload> {
    return start({ directKey: newHashId(), ...given });
  }

  /** Stores a part and throws if the upload does not accept it. */
  async function putPart({ id }: StoredUpload, number: number, size: number): Promise<PutPart> {
    const placed = await blob(size);
    const part = { number, size, etag: newHashId() };
    const taken = await stores.uploads.receivePart(id, { part, placed, limits: anyPart }, now);
    if (taken !== 'received') throw new Error('the part was not taken');
    return { ...part, blob: { key: placed.key } };
  }

  /** Books a part that the blob store collects, and records it. */
  async function putDirectPart({ id }: StoredUpload, number: number, size: number): Promise<UploadedPart> {
    const part = { number, size, etag: newHashId() };
    const booking = bookingOf(part);
    await stores.uploads.bookPart(id, booking, now, anyPart);
    if ((await stores.uploads.receivePart(id, { part, booking }, now)) !== 'received')
      throw new Error('the part was not taken');
    return part;
  }

  async function complete(upload: StoredUpload, terms: CompletionTerms = {}) {
    const { via = stores, at = now } = terms;
    const content = terms.content ?? (await via.uploads.parts(upload.id));
    const { id, key } = upload;
    const object = newObject({ bucket, id, at, ...terms.object, key });
    const options = { ...writeOptions(terms), events: eventsAboutUpload(at, id) };
    return via.uploads.completeObject(id, object, content, options);
  }

  /** Completes an upload and throws if it does not become an object. */
  async function completeObject(upload: StoredUpload, terms: CompletionTerms = {}): Promise<Written> {
    const written = await complete(upload, terms);
    if (typeof written === 'string') throw new Error(`the object was not made: ${written}`);
    return written;
  }

  return { uploadOf, start, startDirect, putPart, putDirectPart, complete, completeObject };
}

/** The parts as a completion lists them. */
export function named(parts: PutPart[]): UploadedPart[] {
  return parts.map(({ number, size, etag }) => ({ number, size, etag }));
}

/** The parts as the store returns them. */
export function received(parts: PutPart[]): ReceivedPart[] {
  return parts.map(({ number, size, etag, blob }) => ({ number, size, etag, key: blob.key }));
}
