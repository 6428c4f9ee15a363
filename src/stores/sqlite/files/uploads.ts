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
import { swept } from '../content/expired-rows.ts';
import type { SqliteBlobJournal } from '../content/journal.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import type { SqliteOutbox } from '../outbox/outbox.ts';
import type { SqlitePayloadStore } from '../payloads/payloads.ts';
import type { ObjectRows, Place } from './object-rows.ts';
import { PartSizes } from './part-sizes.ts';
import { type LiveUpload, prepareUploadStatements } from './upload-statements.ts';

type SqliteUploadStoreDeps = {
  connection: Connection;
  writes: GroupCommit;
  rows: ObjectRows;
  replacement: ObjectReplacement;
  payloads: SqlitePayloadStore;
  journal: SqliteBlobJournal;
  outbox: SqliteOutbox;
};

/** The content of a completed upload. */
type Taken = { place: Place; size: number };

/** Content in the parts that have the row's id. */
const inParts: Place = { contentN: null, blobKey: null, isText: false };

export class SqliteUploadStore implements UploadStore {
  readonly #deps: SqliteUploadStoreDeps;
  readonly #sizes: PartSizes;
  readonly #statements;

  constructor(deps: SqliteUploadStoreDeps) {
    this.#deps = deps;
    this.#sizes = new PartSizes(deps.connection, deps.rows);
    this.#statements = prepareUploadStatements(deps.connection);
  }

  start(
    upload: StoredUpload,
    quota: Quota,
    directKeyEnds = 0,
    seal?: Seal<StoredUpload>,
  ): Promise<QuotaVerdict> {
    const { rows, replacement, journal } = this.#deps;
    const { isReceived: _isReceived, ...row } = upload;
    const { accountId, bucketId, declaredSize, directKey, partSize } = row;
    // The bytes of parts with their own sizes are booked when they arrive.
    const growth = { bytes: partSize === ownSizes ? 0 : declaredSize, objects: 1 };
    return this.#deps.writes.atomic((tx) => {
      if (partSize === ownSizes) replacement.requireBucket(tx, bucketId);
      const verdict = rows.usage.checkQuota(tx, accountId, growth, quota);
      if (verdict !== 'within') return verdict;
      rows.reserve(tx, row);
      this.#statements.insert(row);
      if (directKey !== null) journal.enterForWriting(tx, directKey, directKeyEnds, directKeyEnds);
      tx.keepAnswer(upload, seal);
      return verdict;
    });
  }

  setDirectUploadId(
    id: string,
    directUploadId: string,
    seal?: Seal<null>,
  ): Promise<'recorded' | 'upload_gone'> {
    return this.#deps.writes.atomic((tx) => {
      const upload = this.#statements.find.get({ id });
      if (upload === undefined) return 'upload_gone';
      this.#statements.setDirectUploadId.run({ id, directUploadId });
      if (upload.directKey !== null) this.#deps.journal.noteUpload(tx, upload.directKey, directUploadId);
      tx.keepAnswer(null, seal);
      return 'recorded';
    });
  }

  async find(id: string): Promise<StoredUpload | undefined> {
    const row = this.#statements.find.get({ id });
    if (row === undefined) return undefined;
    const { receivedAt, ...upload } = row;
    return { ...upload, isReceived: receivedAt !== null };
  }

  receive(
    id: string,
    placed: PlacedContent,
    now: number,
    contentEncoding: ContentCoding | null = null,
  ): Promise<ReceiveOutcome> {
    return this.#deps.writes.atomic((tx) => {
      const before = this.#statements.findLive.get({ id, now });
      if (before === undefined) return 'upload_gone';
      const place = this.#deps.rows.take(tx, placed, before.accountId);
      if (place === undefined) return 'lease_lost';
      const { contentN, blobKey, isText } = place;
      this.#statements.receive.run(contentN, blobKey, Number(isText), now, contentEncoding, id);
      this.#deps.rows.release(tx, { ...before, size: before.declaredSize, isInParts: false }, now);
      return 'received';
    });
  }

  receivePart(
    id: string,
    { part, placed, limits, seal }: ArrivedPart,
    now: number,
  ): Promise<ReceiveOutcome | PartRefusal> {
    const { rows } = this.#deps;
    return this.#deps.writes.atomic((tx) => {
      if (placed?.content.kind === 'inline') throw new Error('a part must be a blob');
      const upload = this.#statements.findLive.get({ id, now });
      if (upload === undefined) return 'upload_gone';
      const hasOwnSize = upload.partSize === ownSizes;
      const sizeBefore = hasOwnSize ? this.#sizes.sizeOf(tx, id, part.number) : 0;
      const growth = part.size - sizeBefore;
      const verdict = limits ? this.#sizes.check(tx, upload, growth, limits) : 'within';
      if (verdict !== 'within') return verdict;
      if (placed && rows.take(tx, placed, upload.accountId) === undefined) return 'lease_lost';
      rows.putPart(tx, upload, part, placed?.content.key ?? null, now);
      // Without `placed`, `bookPart` has booked the new size.
      if (hasOwnSize) this.#sizes.grow(tx, upload, placed ? growth : -sizeBefore);
      tx.keepAnswer(part, seal);
      return 'received';
    });
  }

  bookPart(
    id: string,
    { number, size }: PartBooking,
    now: number,
    limits: PartLimits,
  ): Promise<'booked' | 'upload_gone' | PartRefusal> {
    return this.#deps.writes.atomic((tx) => {
      const upload = this.#statements.findLive.get({ id, now });
      if (upload === undefined) return 'upload_gone';
      const growth = size - this.#sizes.sizeOf(tx, id, number);
      const verdict = this.#sizes.check(tx, upload, growth, limits);
      if (verdict !== 'within') return verdict;
      this.#sizes.grow(tx, upload, size);
      return 'booked';
    });
  }

  async unbookPart(id: string, { size }: PartBooking): Promise<void> {
    await this.#deps.writes.atomic((tx) => {
      const row = this.#statements.find.get({ id });
      if (row) this.#sizes.grow(tx, row, -size);
    });
  }

  async parts(id: string): Promise<ReceivedPart[]> {
    return this.#statements.parts.all({ id });
  }

  completeFile(
    upload: StoredUpload,
    content: CompletedContent,
    confirmation: Confirmation,
    event?: OutgoingEvent,
  ): Promise<StoredObject | CompletionRefusal> {
    const { rows, outbox } = this.#deps;
    const { id, accountId } = upload;
    return this.#deps.writes.atomic((tx) => {
      const row = this.#statements.findLive.get({ id, now: confirmation.at });
      if (row === undefined) return 'upload_gone';
      const taken = this.#take(tx, row, content, confirmation.at);
      if (typeof taken === 'string') return taken;
      const { place, size } = taken;
      rows.usage.book(tx, { accountId, storedBytes: size, storedObjects: 1 });
      if (event) outbox.enter(tx, event);
      // Another PUT may have replaced the bytes since the caller read the upload.
      const { contentEncoding } = content === 'received' ? row : upload;
      const accountExpiry = rows.accountExpiry(tx, accountId);
      const file = fileOf({ ...upload, contentEncoding }, size, confirmation, accountExpiry);
      const position = String(this.#statements.insertObject({ ...file, ...place }));
      return { ...file, position, isText: place.isText, lastDownloadAt: null };
    });
  }

  completePayload(
    id: string,
    payload: UploadedPayload,
    parts: UploadedPart[],
    seal?: Seal<null>,
  ): Promise<'completed' | CompletionRefusal> {
    const { content, size, isText, createdAt } = payload;
    return this.#deps.writes.atomic((tx) => {
      const upload = this.#statements.findLive.get({ id, now: createdAt });
      if (upload === undefined) return 'upload_gone';
      const placed = content.kind === 'parts' ? parts : { content, size, isText };
      const taken = this.#take(tx, upload, placed, createdAt);
      if (typeof taken === 'string') return taken;
      if (content.kind === 'parts') this.#deps.rows.handOverParts(tx, id, payload.id);
      tx.keepAnswer(null, seal);
      if (!this.#deps.payloads.insertRow(tx, payload)) throw new Error('the id of a new payload is in use');
      return 'completed';
    });
  }

  completeObject(
    id: string,
    object: NewObject,
    content: UploadedPart[] | PlacedContent,
    options: WriteOptions<Written>,
  ): Promise<Written | CompletionRefusal> {
    const { replacement } = this.#deps;
    const { bucket, key, at } = object;
    return this.#deps.writes.atomic((tx) => {
      const upload = this.#statements.findLive.get({ id, now: at });
      if (upload === undefined) return 'upload_gone';
      const row = replacement.find(tx, bucket.id, key);
      options.admit(liveObject(row, at));
      const taken = this.#take(tx, upload, content, at);
      if (typeof taken === 'string') return taken;
      const written = replacement.replace(tx, object, row, taken.place, taken.size, options);
      return tx.keepAnswer(written, options.seal);
    });
  }

  abort(id: string, now: number, seal?: Seal<null>): Promise<'aborted' | 'upload_gone'> {
    return this.#deps.writes.atomic((tx) => {
      const row = this.#statements.remove.get({ id });
      if (row === undefined) return 'upload_gone';
      this.#deps.rows.releaseUpload(tx, row, now);
      tx.keepAnswer(null, seal);
      return 'aborted';
    });
  }

  expire(now: number, budget: number, expiredBy = now): Promise<Swept> {
    return this.#deps.writes.repeatable((tx) => {
      const removed = this.#statements.removeExpired.all({ now: expiredBy, limit: budget });
      for (const row of removed) this.#deps.rows.releaseUpload(tx, row, now);
      return swept(removed.length, budget);
    });
  }

  async earliestExpiry(): Promise<number | undefined> {
    return this.#statements.earliestExpiry.get()?.expiresAt;
  }

  /** Ends an upload and keeps its content. @returns Why nothing was changed, if it cannot be completed. */
  #take(
    tx: Transaction,
    upload: LiveUpload,
    content: CompletedContent,
    now: number,
  ): Taken | Exclude<CompletionRefusal, 'upload_gone'> {
    const { rows, journal } = this.#deps;
    const { id, accountId, directKey, partSize, contentN, blobKey, isText } = upload;
    let taken: Taken = { place: { contentN, blobKey, isText }, size: upload.declaredSize };
    if (content === 'received') {
      if (upload.receivedAt === null) return 'not_received';
    } else if (Array.isArray(content)) {
      if (!rows.keepParts(tx, upload, content, now)) return 'parts_changed';
      taken = { place: inParts, size: content.reduce((sum, part) => sum + part.size, 0) };
    } else {
      const place = rows.take(tx, content, accountId);
      if (place === undefined) return 'lease_lost';
      // The blob contains the bytes of the parts.
      if (partSize === ownSizes) rows.releaseParts(tx, upload, now);
      // The content is a copy. Remove the blob that the client wrote, and any blob that a late PUT writes.
      if (directKey !== null && place.blobKey !== directKey) journal.enterForRemoval(tx, directKey, now);
      taken = { place, size: content.size };
    }
    this.#statements.forget.run(id);
    rows.unreserve(tx, upload);
    return taken;
  }
}
