import type { ObjectDescription, StoredObject } from '../buckets/object-store.ts';
import type { NewObject, WriteOptions, Written } from '../buckets/object-writes.ts';
import type { ContentCoding } from '../coding/content-coding.ts';
import type { LeaseLost, PlacedContent } from '../content/content.ts';
import type { Seal } from '../idempotency-store.ts';
import type { Quota, QuotaExceeded, QuotaVerdict } from '../limits/quota.ts';
import type { UploadedPayload } from '../payload-store.ts';
import type { Swept } from '../swept.ts';
import type { OutgoingEvent } from '../webhooks/outbox.ts';

/** An upload of a file, a payload or an object. Files and objects get its id. */
export type StoredUpload = ObjectDescription & {
  id: string;
  /** The size that it reserves (bytes): the declared one or, if parts have their own sizes, the sum of its parts. */
  declaredSize: number;
  /** When the file or payload will expire; null for the expiry of its account, or if `objectTtl` is set. */
  objectExpiresAt: number | null;
  /** The TTL of the payload or object from its completion (ms). */
  objectTtl: number | null;
  /** The file route that accepted it. */
  route: string | null;
  createdAt: number;
  expiresAt: number;
  /** The blob that it is written to in S3; null if its bytes are stored by this server. */
  directKey: string | null;
  /** The blob store's id of an upload in parts. */
  directUploadId: string | null;
  /** The size of every part except the last (bytes); `ownSizes` if sizes differ, null if it is not in parts. */
  partSize: number | null;
  /** Whether its bytes have arrived; always false for an upload in parts. */
  isReceived: boolean;
  /** Whether these are valid UTF-8. */
  isText: boolean;
};

/** The `partSize` of an upload whose parts have different sizes. They pass through this server. */
export const ownSizes = 0;

export type UploadedPart = { number: number; size: number; etag: string };

/** A stored part. `key` is that of its blob; empty if the part is stored in the blob store's own upload. */
export type ReceivedPart = UploadedPart & { key: string };

/** The limits of a part with its own size: the size of the whole object (bytes), and the quota of the account. */
export type PartLimits = Quota & { maxObjectBytes: number };

/** The limit that a part would exceed; nothing was written. */
export type PartRefusal = 'object_too_large' | QuotaExceeded;

/**
 * A part that is booked before it is sent to the blob store's own upload. A call whose outcome is unknown can be
 * repeated with the same `id`: it takes effect once.
 */
export type PartBooking = { id: string; number: number; size: number };

/** A part that has arrived: either `placed`, or booked and in the blob store's own upload. */
export type ArrivedPart = {
  part: UploadedPart;
  placed?: PlacedContent;
  booking?: PartBooking;
  /** Required with `placed` if parts have their own sizes. */
  limits?: PartLimits;
  seal?: Seal<UploadedPart>;
};

/** The result of storing bytes. The upload is gone if it was completed or aborted, or has expired. */
export type ReceiveOutcome = 'received' | 'upload_gone' | LeaseLost;

/** What an upload is completed with: the bytes received, these parts, or content in the blob store. */
export type CompletedContent = 'received' | UploadedPart[] | PlacedContent;

/** Why an upload was not completed. With `parts_changed`, one of the parts was replaced or does not exist. */
export type CompletionRefusal = 'upload_gone' | 'not_received' | 'parts_changed' | LeaseLost;

/** The properties of a file that its upload does not have. */
export type Confirmation = {
  etag: string;
  /** When it became a file (ms since the epoch). */
  at: number;
  /**
   * Null for the expiry of its account, which may be claimed in the meantime. Nothing expires later than its account.
   */
  expiresAt: number | null;
  metadata: Record<string, unknown> | null;
};

/**
 * Uploads of files, payloads and objects, in one request or in parts. Every promise of a write resolves only when the
 * write is durable. Writes that free bytes enter the blobs into the journal in the same transaction. The transaction
 * that ends an upload also ends its reservation.
 */
export interface UploadStore {
  /**
   * Inserts an upload and reserves its size and one object, if the quota of the account allows it. Bytes that clients
   * send directly to the blob store count as stored from now on.
   *
   * @param directKeyEnds When the blob of a `directKey` is removed for the last time; its journal record says so.
   * @throws Failure `bucket_not_found` for an upload whose parts have their own sizes
   */
  start(
    upload: StoredUpload,
    quota: Quota,
    directKeyEnds?: number,
    seal?: Seal<StoredUpload>,
  ): Promise<QuotaVerdict>;

  /** Records the blob store's id of an upload in parts. */
  setDirectUploadId(
    id: string,
    directUploadId: string,
    seal?: Seal<null>,
  ): Promise<'recorded' | 'upload_gone'>;

  /** The upload, expired or not. */
  find(id: string): Promise<StoredUpload | undefined>;

  /** Stores the bytes of an upload that is not in parts and has not expired. They replace earlier ones. */
  receive(
    id: string,
    placed: PlacedContent,
    now: number,
    contentEncoding?: ContentCoding | null,
  ): Promise<ReceiveOutcome>;

  /**
   * Stores a part of an upload that has not expired. It replaces an earlier part of its number. If parts have their
   * own sizes, the size is booked.
   */
  receivePart(id: string, arrived: ArrivedPart, now: number): Promise<ReceiveOutcome | PartRefusal>;

  /**
   * Books the size of a part before it is sent to the blob store's own upload. An earlier part of its number stays
   * booked too, because the blob store may keep it.
   */
  bookPart(
    id: string,
    booking: PartBooking,
    now: number,
    limits: PartLimits,
  ): Promise<'booked' | 'upload_gone' | PartRefusal>;

  /** Reverts `bookPart`, unless the part was received. */
  unbookPart(id: string, booking: PartBooking): Promise<void>;

  /** The stored parts, in the order of their numbers. */
  parts(id: string): Promise<ReceivedPart[]>;

  /**
   * Turns an upload that has not expired into a file, and enters an event into the outbox. Parts not named are freed.
   */
  completeFile(
    upload: StoredUpload,
    content: CompletedContent,
    confirmation: Confirmation,
    event?: OutgoingEvent,
  ): Promise<StoredObject | CompletionRefusal>;

  /**
   * Turns an upload that has not expired at the payload's `createdAt` into that payload.
   *
   * @param parts The parts that the content consists of; others are freed. Empty if the content is a blob.
   */
  completePayload(
    id: string,
    payload: UploadedPayload,
    parts: UploadedPart[],
    seal?: Seal<null>,
  ): Promise<'completed' | CompletionRefusal>;

  /** Turns an upload that has not expired into the object under its key. Parts not named are freed. */
  completeObject(
    id: string,
    object: NewObject,
    content: Exclude<CompletedContent, 'received'>,
    options: WriteOptions<Written>,
  ): Promise<Written | CompletionRefusal>;

  /** Aborts an upload and frees its bytes. */
  abort(id: string, now: number, seal?: Seal<null>): Promise<'aborted' | 'upload_gone'>;

  /**
   * Removes about `budget` expired uploads.
   *
   * @param expiredBy Also removes uploads that have not expired, but will have by then.
   */
  expire(now: number, budget: number, expiredBy?: number): Promise<Swept>;

  earliestExpiry(): Promise<number | undefined>;
}
