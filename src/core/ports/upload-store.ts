import type { LeaseLost, PlacedContent } from './content.ts';
import type { ContentCoding } from './content-coding.ts';
import type { Seal } from './idempotency-store.ts';
import type { ObjectDescription, StoredObject } from './object-store.ts';
import type { OutgoingEvent } from './outbox.ts';
import type { Swept } from './swept.ts';

/** An upload. It has the id of the future object. */
export type StoredUpload = ObjectDescription & {
  id: string;
  /**
   * The required size of the object, reserved against the quota (bytes). For `ownSizes`, the size of the received
   * parts.
   */
  declaredSize: number;
  /** The expiry of the object; null for that of its account. */
  objectExpiresAt: number | null;
  /** Instead of the expiry, the TTL of the object from its completion (ms). */
  objectTtl: number | null;
  /** The file route of the upload. */
  route: string | null;
  createdAt: number;
  expiresAt: number;
  /** The blob that a client writes to the blob store directly; null if the bytes pass through this server. */
  directKey: string | null;
  /** The blob store's id of an upload in parts. */
  directUploadId: string | null;
  /** The size of every part except the last (bytes); `ownSizes` if parts differ, null if the upload is not in parts. */
  partSize: number | null;
  /** Whether the bytes were received; never for an upload in parts. */
  isReceived: boolean;
  /** Whether these are valid UTF-8. */
  isText: boolean;
};

/** The `partSize` of an upload whose parts may each have another size. They pass through this server. */
export const ownSizes = 0;

/** What an account may store; null for no limit. */
export type Quota = { maxStoredBytes: number | null; maxObjects: number | null };

/** The limit of a quota that a write would exceed; nothing was written. */
export type QuotaExceeded = 'bytes_exceeded' | 'objects_exceeded';

export type QuotaVerdict = 'within' | QuotaExceeded;

export type UploadedPart = { number: number; size: number; etag: string };

/** The outcome for received bytes. The upload is gone if it was completed or aborted, or has expired. */
export type ReceiveOutcome = 'received' | 'upload_gone' | LeaseLost;

/** Why an upload was not completed. `parts_changed`: one of the parts was replaced or removed. */
export type CompletionRefusal = 'upload_gone' | 'parts_changed' | LeaseLost;

/** Properties of the object that are decided when the upload is confirmed. */
export type Confirmation = {
  etag: string;
  /** When it became an object (ms since the epoch). */
  at: number;
  /** Null for the expiry of its account, which may be claimed in the meantime. Content never outlives its account. */
  expiresAt: number | null;
  metadata: Record<string, unknown> | null;
};

/**
 * Uploads. Every promise of a write resolves only when the write is durable. A write that discards bytes adds the blobs
 * to the journal in the same transaction. A reservation ends in the transaction that ends its upload.
 */
export interface UploadStore {
  /**
   * Inserts an upload and reserves its size, if the quota allows it in addition to everything stored and reserved. The
   * size of a direct upload counts as stored in the blob store from then on. A `directKey` gets a journal record, whose
   * last removal is due at `directKeyEnds`. Stores the answer of an idempotent request in the same transaction.
   */
  reserve(
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

  /**
   * Sets or replaces the bytes of an upload that has not expired, and removes the journal record of their blob.
   */
  receive(
    id: string,
    placed: PlacedContent,
    now: number,
    contentEncoding?: ContentCoding | null,
  ): Promise<ReceiveOutcome>;

  /** As `receive`, for one part. */
  receivePart(
    id: string,
    number: number,
    etag: string,
    placed: PlacedContent,
    now: number,
  ): Promise<ReceiveOutcome>;

  /** The received parts, in the order of their numbers. */
  parts(id: string): Promise<UploadedPart[]>;

  /**
   * Turns a received upload that has not expired into an object, replaces the reservation by its size, and enters an
   * event into the outbox.
   *
   * @param parts The parts of the content, for an upload in parts. Other parts are discarded.
   * @returns The object; `not_received` if the bytes of a whole upload, or `parts` for one in parts, are missing.
   */
  confirm(
    upload: StoredUpload,
    confirmation: Confirmation,
    event?: OutgoingEvent,
    parts?: UploadedPart[],
  ): Promise<StoredObject | 'upload_gone' | 'not_received' | 'parts_changed'>;

  /**
   * As `confirm`, for bytes that the client wrote to the blob store directly and that are now placed in a blob. Removes
   * the journal record of that blob.
   */
  confirmDirect(
    upload: StoredUpload,
    placed: PlacedContent,
    confirmation: Confirmation,
    event?: OutgoingEvent,
  ): Promise<StoredObject | 'upload_gone' | LeaseLost>;

  /** Aborts an upload and discards its bytes. */
  abort(id: string, now: number, seal?: Seal<null>): Promise<'aborted' | 'upload_gone'>;

  /** Removes about `budget` expired uploads. */
  expire(now: number, budget: number): Promise<Swept>;

  earliestExpiry(): Promise<number | undefined>;
}
