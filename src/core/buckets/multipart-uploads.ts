import type { Plans } from '../accounts/plans.ts';
import { requireContentCoding } from '../coding/content-coding.ts';
import { requireMediaType } from '../coding/media-type.ts';
import type { Placement } from '../content/placement.ts';
import { endOf, requireTtl } from '../expiry.ts';
import { invalid, tooLarge, uploadNotFound } from '../failure.ts';
import { maxBytes, requireWithinQuota } from '../files/quotas.ts';
import type { Reservations } from '../files/reservations.ts';
import { newHashId, newTimedId } from '../ids.ts';
import { repeatIfUnknown } from '../outcome-unknown.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { StoredBucket } from '../ports/buckets/bucket-store.ts';
import type { ObjectStore } from '../ports/buckets/object-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { DirectUploads } from '../ports/files/direct-uploads.ts';
import {
  ownSizes,
  type PartLimits,
  type PartRefusal,
  type StoredUpload,
  type UploadedPart,
  type UploadStore,
} from '../ports/files/upload-store.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { Retries } from '../retries.ts';
import type { Buckets } from './buckets.ts';
import { type Checksums, checked } from './checksums.ts';
import { requireNewKey } from './object-key.ts';
import { requireObjectMetadata } from './object-metadata.ts';

type MultipartRequest = {
  key: string;
  mediaType: string;
  /** The content coding of the whole object. */
  contentEncoding?: string | null;
  metadata: Record<string, string>;
  /** Seconds or a duration, from the completion on. The default is the TTL of the bucket. */
  ttl?: string | number;
};

type MultipartSettings = {
  /** The maximum size of an object (bytes). */
  maxObjectSize: number;
  /** The maximum TTL that a request may set (ms). */
  maxTtl: number;
};

export type MultipartStores = {
  uploads: UploadStore;
  direct: DirectUploads | undefined;
  objects: ObjectStore;
};

/** An upload as a request names it. */
export type UploadReference = { bucketName: string; uploadId: string; key?: string };

/** A part that is being received. */
type IncomingPart = {
  number: number;
  /** The announced length in bytes. */
  declaredSize: number | undefined;
  checksums: Checksums;
  chunks: AsyncIterable<Uint8Array>;
};

/** The TTL of an upload (ms; docs/contract/buckets.md, "Limits"). */
const uploadLifetime = 24 * 3_600_000;
/** The maximum number of parts, as in S3. */
const maxParts = 10_000;
/** The maximum size of a part, as in S3 (bytes). */
export const maxPartSize = 5 * 1024 ** 3;

type MultipartUploadsDeps = {
  settings: MultipartSettings;
  stores: MultipartStores;
  buckets: Buckets;
  plans: Plans;
  reservations: Reservations;
  placement: Placement;
  clock: Clock;
  retries: Retries;
};

/** Multipart uploads: start, receive parts in any order, abort. */
export class MultipartUploads {
  readonly #deps: MultipartUploadsDeps;

  constructor(deps: MultipartUploadsDeps) {
    this.#deps = deps;
  }

  /** @throws Failure `invalid`, `invalid_key`, `bucket_not_found`, `forbidden`, `objects_exceeded`, `store_away` */
  async start(
    account: StoredAccount,
    bucketName: string,
    request: MultipartRequest,
    seal?: Seal<StoredUpload>,
  ): Promise<StoredUpload> {
    const upload = await this.#draft(account, await this.#deps.buckets.find(account, bucketName), request);
    const plan = await this.#deps.plans.find(account.plan);
    return this.#deps.reservations.enterInParts(upload, plan, seal);
  }

  /**
   * Receives a part, and replaces an earlier one with the same number.
   *
   * @returns The part with its ETag, without quotes.
   * @throws Failure `invalid`, `upload_not_found`, `too_large`, `bytes_exceeded`, `no_room`, `store_away`; or
   *   an error of `chunks`. An earlier part is kept in each of these cases.
   */
  async receivePart(
    account: StoredAccount,
    reference: UploadReference,
    { number, declaredSize, checksums, chunks }: IncomingPart,
    seal?: Seal<UploadedPart>,
  ): Promise<UploadedPart> {
    if (!Number.isInteger(number) || number < 1 || number > maxParts)
      throw invalid('partNumber', `must be a whole number from 1 to ${maxParts}`);
    if (declaredSize === undefined) throw invalid('Content-Length', 'is required for a part');
    const upload = await this.find(account, reference);
    const limits = await this.#partLimits(account, declaredSize);
    const bytes = checked(checksums, chunks);
    const { directKey, directUploadId } = upload;
    const part = { number, size: declaredSize, checksums };
    return directKey === null
      ? this.#receiveHere(upload.id, part, bytes, limits, seal)
      : this.#receiveDirect(upload.id, directKey, directUploadId ?? '', part, bytes, limits, seal);
  }

  /**
   * An account's upload that can still be completed.
   *
   * @throws Failure `upload_not_found` if it is unknown, expired or completed, or of another bucket or key
   */
  async find(account: StoredAccount, { bucketName, uploadId, key }: UploadReference): Promise<StoredUpload> {
    const bucket = await this.#deps.buckets.find(account, bucketName);
    const isKey = (upload: StoredUpload) => key === undefined || key === upload.key;
    return this.#deps.reservations.find(uploadId, (upload) => upload.bucketId === bucket.id && isKey(upload));
  }

  /** Aborts an upload and removes its parts. @throws as `find` */
  async abort(account: StoredAccount, reference: UploadReference, seal?: Seal<null>): Promise<void> {
    await this.#deps.reservations.abort(await this.find(account, reference), seal);
  }

  async #draft(
    account: StoredAccount,
    bucket: StoredBucket,
    { key, mediaType, contentEncoding, metadata, ttl }: MultipartRequest,
  ): Promise<StoredUpload> {
    const now = this.#deps.clock();
    return {
      id: newTimedId(now),
      bucketId: bucket.id,
      accountId: account.id,
      key: requireNewKey(key),
      publicId: null,
      name: null,
      mediaType: requireMediaType(mediaType),
      contentEncoding: requireContentCoding(contentEncoding),
      isPublic: false,
      prefix: null,
      metadata: requireObjectMetadata(metadata),
      tags: null,
      declaredSize: 0,
      objectExpiresAt: null,
      objectTtl: ttl === undefined ? bucket.defaultTtl : requireTtl(ttl, this.#deps.settings.maxTtl),
      route: null,
      createdAt: now,
      expiresAt: endOf(uploadLifetime, now, account.expiresAt) ?? now,
      directKey: this.#deps.reservations.newDirectKey(),
      directUploadId: null,
      partSize: ownSizes,
      isReceived: false,
      isText: false,
    };
  }

  /** The limits for a part of `size` bytes. @throws Failure `too_large` */
  async #partLimits(account: StoredAccount, size: number): Promise<PartLimits> {
    if (size > maxPartSize) throw tooLarge('The part', maxPartSize);
    const plan = await this.#deps.plans.find(account.plan);
    return { ...plan, maxObjectBytes: maxBytes(plan, this.#deps.settings.maxObjectSize) };
  }

  async #receiveHere(
    uploadId: string,
    { number, size }: Pick<UploadedPart, 'number' | 'size'>,
    chunks: AsyncIterable<Uint8Array>,
    limits: PartLimits,
    seal: Seal<UploadedPart> | undefined,
  ): Promise<UploadedPart> {
    const part = { number, size, etag: newHashId() };
    await this.#deps.placement.storeStream(
      { chunks, declaredSize: size, limit: size, asBlob: true },
      async (placed) => {
        const now = this.#deps.clock();
        const outcome = await this.#deps.stores.uploads.receivePart(
          uploadId,
          { part, placed, limits, seal },
          now,
        );
        return requireAccepted(outcome, limits);
      },
    );
    return part;
  }

  async #receiveDirect(
    uploadId: string,
    directKey: string,
    directUploadId: string,
    { number, size, checksums }: Pick<UploadedPart, 'number' | 'size'> & { checksums: Checksums },
    chunks: AsyncIterable<Uint8Array>,
    limits: PartLimits,
    seal: Seal<UploadedPart> | undefined,
  ): Promise<UploadedPart> {
    const { direct, uploads } = this.#deps.stores;
    if (direct === undefined) throw uploadNotFound();
    const { clock, placement, retries } = this.#deps;
    const booking = { id: newHashId(), number, size };
    const unbook = () => retries.run(() => uploads.unbookPart(uploadId, booking));
    const book = () => uploads.bookPart(uploadId, booking, clock(), limits);
    requireAccepted(await repeatIfUnknown(book, unbook), limits);
    try {
      return await placement.whileAdmitted(size, async () => {
        const etag = await direct.writePart(directKey, directUploadId, number, chunks, size, checksums);
        const part = { number, size, etag };
        const receive = () => uploads.receivePart(uploadId, { part, booking, seal }, clock());
        requireAccepted(await repeatIfUnknown(receive), limits);
        return part;
      });
    } catch (error) {
      // Changes nothing if the part was recorded.
      await unbook();
      throw error;
    }
  }
}

/** @throws Failure if the upload no longer exists, or a limit refuses the part */
function requireAccepted<Outcome extends string>(
  outcome: Outcome,
  limits: PartLimits,
): Exclude<Outcome, 'upload_gone' | PartRefusal> {
  if (outcome === 'upload_gone') throw uploadNotFound();
  if (outcome === 'object_too_large') throw tooLarge('The object', limits.maxObjectBytes);
  return requireWithinQuota(outcome, limits) as Exclude<Outcome, 'upload_gone' | PartRefusal>;
}
