import type { StoredBucket } from './bucket-store.ts';
import type { LeaseLost, PlacedContent } from './content.ts';
import type { ContentCoding } from './content-coding.ts';
import type { Seal } from './idempotency-store.ts';
import type { EventFactory, StoredObject } from './object-store.ts';
import type {
  CompletionRefusal,
  Quota,
  QuotaExceeded,
  ReceiveOutcome,
  StoredUpload,
  UploadedPart,
} from './upload-store.ts';

/** A new object without its bytes. */
export type NewObject = {
  bucket: StoredBucket;
  id: string;
  key: string;
  mediaType: string;
  contentEncoding: ContentCoding | null;
  metadata: Record<string, string>;
  digest: string | null;
  etag: string;
  /** When it is written, and when it expires (ms since the epoch). */
  at: number;
  expiresAt: number | null;
};

/** The object that a write made. `isNew` is false if it replaced another one. */
export type Written = { object: StoredObject; isNew: boolean };

/** Options of every write. */
export type WriteOptions<Result> = {
  /**
   * Gets the object under the key, unless it has expired. Throws a `Failure` to reject the write; then nothing is
   * written.
   */
  admit: (current: StoredObject | undefined) => void;
  /** The events of an expired object that is replaced, and of an object that is made or removed. */
  expiredEvents: EventFactory;
  events: EventFactory;
  seal?: Seal<Result>;
};

/** The limits of a part: the maximum size of the whole object (bytes), and the quota of the account. */
export type PartLimits = Quota & { maxObjectBytes: number };

/** The limit that a part would exceed; nothing was written. */
export type PartRefusal = 'object_too_large' | QuotaExceeded;

/**
 * Writes of objects under keys. Every promise resolves only when the write is durable. Usage, journal, outbox and the
 * answer of an idempotent request change in the transaction of the write.
 *
 * All methods throw Failure `bucket_not_found` if the bucket is gone.
 */
export interface ObjectWrites {
  /** Creates or replaces an object. One that replaces a larger object is always within the quota. */
  put(
    object: NewObject,
    placed: PlacedContent,
    quota: Quota,
    options: WriteOptions<Written>,
  ): Promise<Written | QuotaExceeded | LeaseLost>;

  /** Removes the object under a key. `admit` must throw if there is none. */
  remove(bucket: StoredBucket, key: string, now: number, options: WriteOptions<null>): Promise<void>;

  /** Removes the objects under these keys in one transaction. @returns The keys that existed. */
  removeMany(
    bucket: StoredBucket,
    keys: string[],
    now: number,
    options: Omit<WriteOptions<string[]>, 'admit'>,
  ): Promise<string[]>;
}

/**
 * Multipart uploads. `UploadStore` finds and aborts them. Every promise of a write resolves only when the write is
 * durable.
 */
export interface MultipartStore {
  /**
   * Starts an upload. A `directKey` gets a journal record, whose last removal is due at `directKeyEnds`.
   *
   * @throws Failure `bucket_not_found`
   */
  start(
    upload: StoredUpload,
    quota: Quota,
    directKeyEnds: number,
    seal?: Seal<StoredUpload>,
  ): Promise<'started' | QuotaExceeded>;

  /** Adds or replaces a part of an upload that has not expired, and reserves its size. */
  receivePart(
    uploadId: string,
    part: UploadedPart,
    placed: PlacedContent,
    now: number,
    limits: PartLimits,
    seal?: Seal<UploadedPart>,
  ): Promise<ReceiveOutcome | PartRefusal>;

  /**
   * Reserves the size of a part before it is written to an upload of the blob store. The size of an earlier part with
   * this number stays reserved until `receiveBookedPart`.
   */
  bookPart(
    uploadId: string,
    part: Pick<UploadedPart, 'number' | 'size'>,
    now: number,
    limits: PartLimits,
  ): Promise<'booked' | 'upload_gone' | PartRefusal>;

  /** Releases a reservation whose part was not written. */
  unbookPart(uploadId: string, size: number): Promise<void>;

  /** Records a part whose size is reserved and that the blob store has. */
  receiveBookedPart(
    uploadId: string,
    part: UploadedPart,
    now: number,
    seal?: Seal<UploadedPart>,
  ): Promise<'received' | 'upload_gone'>;

  /**
   * Turns an upload into the object under its key, from these parts or from the blob that the blob store made of them.
   * Other parts are discarded.
   */
  complete(
    uploadId: string,
    object: NewObject,
    content: UploadedPart[] | PlacedContent,
    options: WriteOptions<Written>,
  ): Promise<Written | CompletionRefusal>;
}
