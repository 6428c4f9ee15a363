import { fileOf } from '../../../core/files/file-of-upload.ts';
import type { StoredObject } from '../../../core/ports/buckets/object-store.ts';
import type { NewObject, WriteOptions, Written } from '../../../core/ports/buckets/object-writes.ts';
import type { ContentCoding } from '../../../core/ports/coding/content-coding.ts';
import type { PlacedContent } from '../../../core/ports/content/content.ts';
import {
  type ArrivedPart,
  type CompletedContent,
  type CompletionRefusal,
  type Confirmation,
  ownSizes,
  type PartBooking,
  type PartLimits,
  type PartRefusal,
  type ReceivedPart,
  type ReceiveOutcome,
  type StoredUpload,
  type UploadedPart,
  type UploadStore,
} from '../../../core/ports/files/upload-store.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type { Quota, QuotaVerdict } from '../../../core/ports/limits/quota.ts';
import type { UploadedPayload } from '../../../core/ports/payload-store.ts';
import type { Swept } from '../../../core/ports/swept.ts';
import type { OutgoingEvent } from '../../../core/ports/webhooks/outbox.ts';
import { liveObject, type ObjectReplacement } from '../buckets/object-replacement.ts';
import type { PostgresBlobJournal } from '../content/journal.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Writes } from '../database/writes.ts';
import type { PostgresOutbox } from '../outbox/outbox.ts';
import type { PostgresPayloadStore } from '../payloads/payloads.ts';
import type { ObjectRows, Place, RemovedUpload } from './object-rows.ts';
import { enterBooking, growUpload, revertBooking, sizeOfPart, takeBooking } from './part-sizes.ts';
import { insertFile, insertUpload, type LiveUpload, lockUpload, statements } from './upload-statements.ts';

type PostgresUploadStoreDeps = {
  writes: Writes;
  rows: ObjectRows;
  replacement: ObjectReplacement;
  payloads: PostgresPayloadStore;
  journal: PostgresBlobJournal;
  outbox: PostgresOutbox;
};

/** The content of a completed upload. */
type Taken = { place: Place; size: number };

/** Content in the parts that have the row's id. */
const inParts: Place = { contentN: null, blobKey: null, isText: false };

/**
 * Uploads. Every change of an upload or its parts locks its row first (`lockUpload`, or a statement that changes it).
 * The quota is checked last, by the booking: a refusal undoes the transaction.
 */
export class PostgresUploadStore implements UploadStore {
  readonly #deps: PostgresUploadStoreDeps;

  constructor(deps: PostgresUploadStoreDeps) {
    this.#deps = deps;
  }

  start(
    upload: StoredUpload,
    quota: Quota,
    directKeyEnds = 0,
    seal?: Seal<StoredUpload>,
  ): Promise<QuotaVerdict> {
    const { rows, journal, writes } = this.#deps;
    const { accountId, declaredSize, directKey, partSize } = upload;
    // The bytes of parts with their own sizes are booked when they arrive.
    const bytes = partSize === ownSizes ? 0 : declaredSize;
    return writes.limited(async (tx) => {
      await insertUpload(tx, upload);
      if (directKey !== null) await journal.enterForWriting(tx, directKey, directKeyEnds, directKeyEnds);
      await tx.keepAnswer(upload, seal);
      rows.reserve(tx, upload);
      tx.books.grow(accountId, bytes, 1, quota);
      return 'within' as const;
    });
  }

  setDirectUploadId(
    id: string,
    directUploadId: string,
    seal?: Seal<null>,
  ): Promise<'recorded' | 'upload_gone'> {
    return this.#deps.writes.atomic(async (tx) => {
      const upload = await tx.first<Pick<StoredUpload, 'directKey'>>(statements.setDirectUploadId, [
        id,
        directUploadId,
      ]);
      if (upload === undefined) return 'upload_gone';
      if (upload.directKey !== null)
        await this.#deps.journal.noteUpload(tx, upload.directKey, directUploadId);
      await tx.keepAnswer(null, seal);
      return 'recorded';
    });
  }

  async find(id: string): Promise<StoredUpload | undefined> {
    type Row = StoredUpload & { metadata: string | null; receivedAt: number | null };
    const [row] = await this.#deps.writes.sql.read<Row>(statements.find, [id]);
    if (row === undefined) return undefined;
    const { receivedAt, metadata, ...upload } = row;
    return {
      ...upload,
      metadata: metadata === null ? null : JSON.parse(metadata),
      isReceived: receivedAt !== null,
    };
  }

  receive(
    id: string,
    placed: PlacedContent,
    now: number,
    contentEncoding: ContentCoding | null = null,
  ): Promise<ReceiveOutcome> {
    const { rows, writes } = this.#deps;
    return writes.atomic(async (tx) => {
      const before = await lockUpload(tx, id, now);
      if (before === undefined) return 'upload_gone';
      const place = await rows.take(tx, placed, before.accountId);
      if (place === undefined) return 'lease_lost';
      const { contentN, blobKey, isText } = place;
      await tx.run(statements.receive, [id, contentN, blobKey, isText, now, contentEncoding]);
      await rows.release(tx, { ...before, size: before.declaredSize, isInParts: false }, now);
      return 'received';
    });
  }

  receivePart(
    id: string,
    { part, placed, booking, limits, seal }: ArrivedPart,
    now: number,
  ): Promise<ReceiveOutcome | PartRefusal> {
    const { rows, writes } = this.#deps;
    return writes.limited(async (tx) => {
      if (placed?.content.kind === 'inline') throw new Error('a part must be a blob');
      const upload = await lockUpload(tx, id, now);
      if (upload === undefined) return 'upload_gone';
      // An earlier call has taken the booking, and received the part.
      if (booking && !(await takeBooking(tx, booking))) return 'received';
      const { accountId, declaredSize } = upload;
      const hasOwnSize = upload.partSize === ownSizes;
      const sizeBefore = hasOwnSize ? await sizeOfPart(tx, id, part.number) : 0;
      const growth = part.size - sizeBefore;
      if (limits && declaredSize + growth > limits.maxObjectBytes) return 'object_too_large';
      if (placed && (await rows.take(tx, placed, accountId)) === undefined) return 'lease_lost';
      await rows.putPart(tx, upload, part, placed?.content.key ?? null, now);
      // `bookPart` has booked the new size.
      if (hasOwnSize) await growUpload(tx, id, booking ? -sizeBefore : growth);
      await tx.keepAnswer(part, seal);
      if (limits) tx.books.grow(accountId, growth, 0, limits);
      return 'received';
    });
  }

  bookPart(
    id: string,
    booking: PartBooking,
    now: number,
    limits: PartLimits,
  ): Promise<'booked' | 'upload_gone' | PartRefusal> {
    return this.#deps.writes.limited(async (tx) => {
      const upload = await lockUpload(tx, id, now);
      return upload === undefined ? 'upload_gone' : enterBooking(tx, upload, booking, limits);
    });
  }

  async unbookPart(id: string, booking: PartBooking): Promise<void> {
    await this.#deps.writes.atomic((tx) => revertBooking(tx, id, booking));
  }

  parts(id: string): Promise<ReceivedPart[]> {
    return this.#deps.writes.sql.read<ReceivedPart>(statements.parts, [id]);
  }

  completeFile(
    upload: StoredUpload,
    content: CompletedContent,
    confirmation: Confirmation,
    event?: OutgoingEvent,
  ): Promise<StoredObject | CompletionRefusal> {
    const { rows, outbox, writes } = this.#deps;
    const { id, accountId } = upload;
    return writes.atomic(async (tx) => {
      const row = await lockUpload(tx, id, confirmation.at);
      if (row === undefined) return 'upload_gone';
      const taken = await this.#take(tx, row, content, confirmation.at);
      if (typeof taken === 'string') return taken;
      const { place, size } = taken;
      tx.books.book({ accountId, storedBytes: size, storedObjects: 1 });
      if (event) await outbox.enter(tx, event);
      // Another PUT may have replaced the bytes since the caller read the upload.
      const { contentEncoding } = content === 'received' ? row : upload;
      // Locks the account, so it comes last. The positions of its files are in the order of their commits.
      const accountExpiry = await rows.accountExpiry(tx, accountId);
      const file = fileOf({ ...upload, contentEncoding }, size, confirmation, accountExpiry);
      const position = await insertFile(tx, { ...file, ...place });
      return { ...file, position, isText: place.isText, lastDownloadAt: null };
    });
  }

  completePayload(
    id: string,
    payload: UploadedPayload,
    parts: UploadedPart[],
    seal?: Seal<null>,
  ): Promise<'completed' | CompletionRefusal> {
    const { rows, payloads, writes } = this.#deps;
    const { content, size, isText, createdAt } = payload;
    return writes.atomic(async (tx) => {
      const upload = await lockUpload(tx, id, createdAt);
      if (upload === undefined) return 'upload_gone';
      const placed = content.kind === 'parts' ? parts : { content, size, isText };
      const taken = await this.#take(tx, upload, placed, createdAt);
      if (typeof taken === 'string') return taken;
      if (content.kind === 'parts') await rows.handOverParts(tx, id, payload.id);
      await tx.keepAnswer(null, seal);
      if (!(await payloads.insertRow(tx, payload))) throw new Error('the id of a new payload is in use');
      return 'completed';
    });
  }

  completeObject(
    id: string,
    object: NewObject,
    content: UploadedPart[] | PlacedContent,
    options: WriteOptions<Written>,
  ): Promise<Written | CompletionRefusal> {
    const { replacement, writes } = this.#deps;
    const { bucket, key, at } = object;
    return writes.atomic(async (tx) => {
      const upload = await lockUpload(tx, id, at);
      if (upload === undefined) return 'upload_gone';
      const row = await replacement.find(tx, bucket.id, key);
      options.admit(liveObject(row, at));
      const taken = await this.#take(tx, upload, content, at);
      if (typeof taken === 'string') return taken;
      const written = await replacement.replace(tx, object, row, taken.place, taken.size, options);
      return tx.keepAnswer(written, options.seal);
    });
  }

  abort(id: string, now: number, seal?: Seal<null>): Promise<'aborted' | 'upload_gone'> {
    return this.#deps.writes.atomic(async (tx) => {
      const row = await tx.first<RemovedUpload>(statements.remove, [id]);
      if (row === undefined) return 'upload_gone';
      await this.#deps.rows.releaseUpload(tx, row, now);
      await tx.keepAnswer(null, seal);
      return 'aborted';
    });
  }

  expire(now: number, budget: number, expiredBy = now): Promise<Swept> {
    return this.#deps.writes.atomic(async (tx) => {
      const removed = await tx.all<RemovedUpload>(statements.removeExpired, [expiredBy, budget]);
      await this.#deps.rows.releaseUploads(tx, removed, now);
      return { removed: removed.length, isDone: removed.length < budget };
    });
  }

  async earliestExpiry(): Promise<number | undefined> {
    const [row] = await this.#deps.writes.sql.read<{ expiresAt: number }>(statements.earliestExpiry);
    return row?.expiresAt;
  }

  /** Ends an upload and keeps its content. @returns Why nothing was changed, if it cannot be completed. */
  async #take(
    tx: Transaction,
    upload: LiveUpload,
    content: CompletedContent,
    now: number,
  ): Promise<Taken | Exclude<CompletionRefusal, 'upload_gone'>> {
    const { rows, journal } = this.#deps;
    const { id, accountId, directKey, partSize, contentN, blobKey, isText } = upload;
    let taken: Taken = { place: { contentN, blobKey, isText }, size: upload.declaredSize };
    if (content === 'received') {
      if (upload.receivedAt === null) return 'not_received';
    } else if (Array.isArray(content)) {
      if (!(await rows.keepParts(tx, upload, content, now))) return 'parts_changed';
      taken = { place: inParts, size: content.reduce((sum, part) => sum + part.size, 0) };
    } else {
      const place = await rows.take(tx, content, accountId);
      if (place === undefined) return 'lease_lost';
      // The blob contains the bytes of the parts.
      if (partSize === ownSizes) await rows.releaseParts(tx, upload, now);
      // The content is a copy. Remove the blob that the client wrote, and any blob that a late PUT writes.
      if (directKey !== null && place.blobKey !== directKey)
        await journal.enterForRemoval(tx, [directKey], now);
      taken = { place, size: content.size };
    }
    await tx.run(statements.forget, [id]);
    rows.unreserve(tx, upload);
    return taken;
  }
}
