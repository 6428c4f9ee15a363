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

/** An object to be, but for its bytes. */
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

/** The object that a write made. `isNew` tells one that took no other's place. */
export type Written = { object: StoredObject; isNew: boolean };

/** What comes with every write. */
export type WriteOptions<Result> = {
  /**
   * Gets the object under the key, unless it has expired, and throws a `Failure` if the write must not take effect:
   * then nothing is written.
   */
  admit: (current: StoredObject | undefined) => void;
  /** What webhooks are told of an object that expired and is replaced, and of one that is made or removed. */
  expiredEvents: EventFactory;
  events: EventFactory;
  seal?: Seal<Result>;
};

/** What bounds a part of an upload in parts: the size of the whole object (bytes), and the quota of the account. */
export type PartLimits = Quota & { maxObjectBytes: number };

/** The limit that a part would exceed; nothing was written. */
export type PartRefusal = 'object_too_large' | QuotaExceeded;

/**
 * Writes of objects under keys, which replace what is there. Every promise resolves only when the write is durable.
 * Usage, journal, outbox and the answer of an idempotent request change in the transaction of the write.
 *
 * All throw Failure `bucket_not_found` where the bucket is gone.
 */
export interface ObjectWrites {
  /** Puts an object under its key. An object that replaces a larger one is always within the quota. */
  put(
    object: NewObject,
    placed: PlacedContent,
    quota: Quota,
    options: WriteOptions<Written>,
  ): Promise<Written | QuotaExceeded | LeaseLost>;

  /** Removes the object under a key. `admit` has to refuse where there is none. */
  remove(bucket: StoredBucket, key: string, now: number, options: WriteOptions<null>): Promise<void>;

  /** Removes the objects under these keys, all in one transaction. @returns Those that were there. */
  removeMany(
    bucket: StoredBucket,
    keys: string[],
    now: number,
    options: Omit<WriteOptions<string[]>, 'admit'>,
  ): Promise<string[]>;
}

/**
 * Uploads in parts under keys; `UploadStore` finds and aborts them. Every promise of a write resolves only when the
 * write is durable.
 */
export interface MultipartStore {
  /**
   * Begins an upload. A `directKey` gets its journal record, to be removed at `directKeyEnds` for the last time.
   *
   * @throws Failure `bucket_not_found`
   */
  start(
    upload: StoredUpload,
    quota: Quota,
    directKeyEnds: number,
    seal?: Seal<StoredUpload>,
  ): Promise<'started' | QuotaExceeded>;

  /** Takes in a part of an upload that has not expired, in place of an earlier one, and books its size. */
  receivePart(
    uploadId: string,
    part: UploadedPart,
    placed: PlacedContent,
    now: number,
    limits: PartLimits,
    seal?: Seal<UploadedPart>,
  ): Promise<ReceiveOutcome | PartRefusal>;

  /**
   * Books the size of a part that the blob store is about to get within its own upload: what it has got it keeps,
   * also in the place of an earlier part.
   */
  bookPart(
    uploadId: string,
    part: Pick<UploadedPart, 'number' | 'size'>,
    now: number,
    limits: PartLimits,
  ): Promise<'booked' | 'upload_gone' | PartRefusal>;

  /** Takes a booking back of which nothing came. */
  unbookPart(uploadId: string, size: number): Promise<void>;

  /** Records a part whose size was booked and that the blob store has. */
  receiveBookedPart(
    uploadId: string,
    part: UploadedPart,
    now: number,
    seal?: Seal<UploadedPart>,
  ): Promise<'received' | 'upload_gone'>;

  /**
   * Makes an upload the object under its key, of these parts, or of what the blob store made of them. Other parts
   * are let go of.
   */
  complete(
    uploadId: string,
    object: NewObject,
    content: UploadedPart[] | PlacedContent,
    options: WriteOptions<Written>,
  ): Promise<Written | CompletionRefusal>;
}
