import type { StoredBucket } from './bucket-store.ts';
import type { LeaseLost, PlacedContent } from './content.ts';
import type { ContentCoding } from './content-coding.ts';
import type { Seal } from './idempotency-store.ts';
import type { StoredObject, Telling } from './object-store.ts';
import type { ReceiveOutcome, StoredUpload, UploadedPart } from './upload-store.ts';

/** What an account holds and has reserved. */
export type Holdings = { bytes: number; objects: number };

/** What the transaction of a write finds. */
export type Found = {
  /** The object under the key, unless it has expired. */
  current: StoredObject | undefined;
  /** What the write gives back: of the object that it replaces, expired or not. */
  released: Holdings;
  held(): Holdings;
};

/** Looks at what a write finds, and throws a `Failure` where it must not be: then nothing of it is. */
export type Admission = (found: Found) => void;

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
  admit: Admission;
  /** What webhooks are told of an object that expired and is replaced, and of one that is made or removed. */
  tellExpired: Telling;
  tell: Telling;
  seal?: Seal<Result>;
};

/** An upload in parts of any size. `held` is the account's; `before` is what came as this part before (bytes). */
export type PartAdmission = (upload: StoredUpload, held: Holdings, before: number) => void;

/**
 * Writes of objects under keys, which replace what is there. Every promise resolves only when the write is durable.
 * Usage, journal, outbox and the answer of an idempotent request change in the transaction of the write.
 *
 * All throw Failure `bucket_not_found` where the bucket is gone.
 */
export interface ObjectWrites {
  /** Puts an object under its key. */
  put(object: NewObject, placed: PlacedContent, options: WriteOptions<Written>): Promise<Written | LeaseLost>;

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

/** Why an upload did not become an object: in `parts_changed`, one of the parts was replaced or removed. */
export type CompletionRefusal = 'upload_gone' | 'parts_changed' | LeaseLost;

/** Uploads in parts under keys. Every promise of a write resolves only when the write is durable. */
export interface MultipartStore {
  /**
   * Begins an upload. A `directKey` gets its journal record, to be removed at `directKeyEnds` for the last time.
   *
   * @throws Failure `bucket_not_found`
   */
  start(
    upload: StoredUpload,
    admit: (held: Holdings) => void,
    directKeyEnds: number,
    seal?: Seal<StoredUpload>,
  ): Promise<void>;

  /** Takes in a part of an upload that has not expired, in place of an earlier one, and books its size. */
  receivePart(
    uploadId: string,
    part: UploadedPart,
    placed: PlacedContent,
    now: number,
    admit: PartAdmission,
    seal?: Seal<UploadedPart>,
  ): Promise<ReceiveOutcome>;

  /**
   * Books the size of a part that the blob store is about to get within its own upload: what it has got it keeps,
   * also in the place of an earlier part. @returns False where the upload is gone.
   */
  bookPart(
    uploadId: string,
    part: Pick<UploadedPart, 'number' | 'size'>,
    now: number,
    admit: PartAdmission,
  ): Promise<boolean>;

  /** Takes a booking back of which nothing came. */
  unbookPart(uploadId: string, size: number): Promise<void>;

  /** Takes note of a part whose size was booked and that the blob store has. @returns False where the upload is gone. */
  receiveBookedPart(
    uploadId: string,
    part: UploadedPart,
    now: number,
    seal?: Seal<UploadedPart>,
  ): Promise<boolean>;

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

  /** Gives an upload up. @returns Whether it was there. */
  abort(uploadId: string, now: number, seal?: Seal<null>): Promise<boolean>;
}
