import { tellingOfUpload } from '../../src/core/buckets/object-events.ts';
import { newHashId, newTimedId } from '../../src/core/ids.ts';
import { requireRoomInPlan } from '../../src/core/objects/quotas.ts';
import type { PlacedContent } from '../../src/core/ports/content.ts';
import type { Holdings, NewObject, PartAdmission, Written } from '../../src/core/ports/object-writes.ts';
import {
  ownSizes,
  type Quota,
  type StoredUpload,
  type UploadedPart,
} from '../../src/core/ports/upload-store.ts';
import { someUpload } from '../stores/some-object.ts';
import {
  type BucketScene,
  type BucketStores,
  newObject,
  now,
  type WriteTerms,
  writeOptions,
} from './bucket-scene.ts';

/** When nothing can be written to the blob of a direct upload any more. */
export const directKeyEnds = now + 500_000;

export const anyHoldings = () => undefined;
export const anyPart: PartAdmission = () => undefined;

/** Admits the start of an upload within a quota, as the core does. */
export function startWithin(quota: Partial<Quota>): (held: Holdings) => void {
  return (held) => requireRoomInPlan({ plan: planOf(quota), held, more: { bytes: 0, objects: 1 } });
}

/** Admits a part of `size` bytes within a quota, as the core does. */
export function partWithin(quota: Partial<Quota>, size: number): PartAdmission {
  return (_, held, before) =>
    requireRoomInPlan({ plan: planOf(quota), held, more: { bytes: size - before, objects: 0 } });
}

function planOf({ maxStoredBytes = null, maxObjects = null }: Partial<Quota>) {
  return { name: 'some plan', maxStoredBytes, maxObjects, maxObjectBytes: null, lifetime: null };
}

/** A part that was received, and the blob that holds it. */
export type ReceivedPart = UploadedPart & { blob: { key: string } };

/** How an upload is completed, unless something else is given: of all its parts, without conditions. */
export type CompletionTerms = WriteTerms<Written> & {
  content?: UploadedPart[] | PlacedContent;
  object?: Partial<NewObject>;
  via?: BucketStores;
};

export type MultipartScene = ReturnType<typeof multipartScene>;

/** What suites do with uploads in parts to the bucket of a scene. */
export function multipartScene({ account, bucket, stores, blob }: BucketScene) {
  /** An upload that was not started yet. */
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
    await stores.multipart.start(upload, anyHoldings, directKeyEnds);
    return upload;
  }

  /** Starts an upload whose parts the blob store collects under a key of its own. */
  function startDirect(given: Partial<StoredUpload> = {}): Promise<StoredUpload> {
    return start({ directKey: newHashId(), ...given });
  }

  /** Receives a part that has to be taken. */
  async function putPart({ id }: StoredUpload, number: number, size: number): Promise<ReceivedPart> {
    const placed = await blob(size);
    const part = { number, size, etag: newHashId() };
    const taken = await stores.multipart.receivePart(id, part, placed, now, anyPart);
    if (!taken) throw new Error('the part was not taken');
    return { ...part, blob: { key: placed.key } };
  }

  /** Books and receives a part that the blob store has collected. */
  async function putDirectPart({ id }: StoredUpload, number: number, size: number): Promise<UploadedPart> {
    const part = { number, size, etag: newHashId() };
    await stores.multipart.bookPart(id, part, now, anyPart);
    if (!(await stores.multipart.receiveBookedPart(id, part, now))) throw new Error('the part was not taken');
    return part;
  }

  async function complete(upload: StoredUpload, terms: CompletionTerms = {}) {
    const { via = stores, at = now } = terms;
    const content = terms.content ?? (await via.uploads.parts(upload.id));
    const { id, key } = upload;
    const object = newObject({ bucket, id, at, ...terms.object, key });
    // What the object takes was reserved as its parts came: the quota was judged then.
    const options = { ...writeOptions(0, terms), tell: tellingOfUpload(at, id) };
    return via.multipart.complete(id, object, content, options);
  }

  /** Completes an upload that has to become an object. */
  async function completeObject(upload: StoredUpload, terms: CompletionTerms = {}): Promise<Written> {
    const written = await complete(upload, terms);
    if (written === undefined || written === 'parts_changed') throw new Error('the object was not made');
    return written;
  }

  return { uploadOf, start, startDirect, putPart, putDirectPart, complete, completeObject };
}

/** Parts as a completion names them. */
export function named(parts: ReceivedPart[]): UploadedPart[] {
  return parts.map(({ number, size, etag }) => ({ number, size, etag }));
}
