import type { LeaseLost, PlacedContent } from './content.ts';
import type { ContentCoding } from './content-coding.ts';
import type { Seal } from './idempotency-store.ts';
import type { ObjectDescription, StoredObject } from './object-store.ts';
import type { OutgoingEvent } from './outbox.ts';
import type { Swept } from './swept.ts';

/** A reservation for an object whose bytes come later. It has the id that the object will have. */
export type StoredUpload = ObjectDescription & {
  id: string;
  /**
   * The size that the object must have, reserved against the account's quota (bytes). Where each part has its own
   * size, that of the parts that are here.
   */
  declaredSize: number;
  /** When the object shall expire; null for as its account. */
  objectExpiresAt: number | null;
  /** How long it shall live from its completion instead (ms). */
  objectTtl: number | null;
  /** The file route that it was let in by. */
  route: string | null;
  createdAt: number;
  expiresAt: number;
  /** The blob that a client writes to by a URL of the blob store; null where the bytes come here. */
  directKey: string | null;
  /** The blob store's own id of an upload in parts. */
  directUploadId: string | null;
  /** The size of every part but the last (bytes); `ownSizes` where each has its own, null where the bytes come at once. */
  partSize: number | null;
  /** Whether its bytes are here; never for an upload in parts. */
  isReceived: boolean;
  /** Whether those are valid UTF-8. */
  isText: boolean;
};

/** Not a size that all parts of an upload have: each has its own, and comes by this server. */
export const ownSizes = 0;

/** What an account may hold; null for no limit. */
export type Quota = { maxStoredBytes: number | null; maxObjects: number | null };

/** The limit of a quota that a write would exceed; nothing was written. */
export type QuotaExceeded = 'bytes_exceeded' | 'objects_exceeded';

export type QuotaVerdict = 'within' | QuotaExceeded;

export type UploadedPart = { number: number; size: number; etag: string };

/** What became of bytes that arrived. The upload is gone if it was completed or aborted, or has expired. */
export type ReceiveOutcome = 'received' | 'upload_gone' | LeaseLost;

/** Why an upload was not completed: in `parts_changed`, one of the parts was replaced or removed. */
export type CompletionRefusal = 'upload_gone' | 'parts_changed' | LeaseLost;

/** What an upload becomes, beside what it was declared to be. */
export type Confirmation = {
  etag: string;
  /** When it became an object (ms since the epoch). */
  at: number;
  /** Null for as its account, which may be claimed meanwhile; nothing expires later than its account. */
  expiresAt: number | null;
  metadata: Record<string, unknown> | null;
};

/**
 * Uploads. Every promise of a write resolves only when the write is durable. Writes that let go of bytes enter
 * the blobs into the journal in the same transaction; a reservation ends in the one that ends its upload.
 */
export interface UploadStore {
  /**
   * Reserves an upload's size and place in its account, if the quota has room for it beside all that is stored
   * and reserved. What goes straight to the blob store counts as stored there from then on. A `directKey` gets its
   * journal record, to be removed at `directKeyEnds` for the last time. The answer of an idempotent request is kept
   * with the reservation.
   */
  reserve(
    upload: StoredUpload,
    quota: Quota,
    directKeyEnds?: number,
    seal?: Seal<StoredUpload>,
  ): Promise<QuotaVerdict>;

  /** Records the blob store's own id of an upload in parts. */
  setDirectUploadId(
    id: string,
    directUploadId: string,
    seal?: Seal<null>,
  ): Promise<'recorded' | 'upload_gone'>;

  /** The upload, expired or not. */
  find(id: string): Promise<StoredUpload | undefined>;

  /**
   * Takes in the bytes of an upload that has not expired, in place of earlier ones, and takes their blob's
   * record out of the journal.
   */
  receive(
    id: string,
    placed: PlacedContent,
    now: number,
    contentEncoding?: ContentCoding | null,
  ): Promise<ReceiveOutcome>;

  /** The same for one part. */
  receivePart(
    id: string,
    number: number,
    etag: string,
    placed: PlacedContent,
    now: number,
  ): Promise<ReceiveOutcome>;

  /** The parts that are here, in the order of their numbers. */
  parts(id: string): Promise<UploadedPart[]>;

  /**
   * Makes the object of an upload that has not expired and whose bytes are here, puts its size in the place of
   * the reservation, and enters an event into the outbox.
   *
   * @param parts Those that the content is made of, for an upload in parts. Others are let go of.
   * @returns The object; `not_received` if the bytes of a whole upload, or `parts` for one in parts, are missing.
   */
  confirm(
    upload: StoredUpload,
    confirmation: Confirmation,
    event?: OutgoingEvent,
    parts?: UploadedPart[],
  ): Promise<StoredObject | 'upload_gone' | 'not_received' | 'parts_changed'>;

  /**
   * The same for bytes that the blob store has got by itself and that are now placed in a blob, whose record is
   * taken out of the journal.
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
