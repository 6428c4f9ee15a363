import type { LeaseLost, PlacedContent } from '../../../core/ports/content.ts';
import type { ContentCoding } from '../../../core/ports/content-coding.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type { ObjectDescription, StoredObject } from '../../../core/ports/object-store.ts';
import type { OutgoingEvent } from '../../../core/ports/outbox.ts';
import type { Swept } from '../../../core/ports/swept.ts';
import type {
  Confirmation,
  Quota,
  QuotaVerdict,
  ReceiveOutcome,
  StoredUpload,
  UploadedPart,
  UploadStore,
} from '../../../core/ports/upload-store.ts';
import { swept } from '../content/expired-rows.ts';
import type { SqliteBlobJournal } from '../content/journal.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import type { SqliteOutbox } from '../outbox/outbox.ts';
import { descriptionOf, type ObjectRows, type Place } from './object-rows.ts';
import { prepareUploadStatements } from './upload-statements.ts';

type SqliteUploadStoreDeps = {
  connection: Connection;
  writes: GroupCommit;
  rows: ObjectRows;
  journal: SqliteBlobJournal;
  outbox: SqliteOutbox;
};

export class SqliteUploadStore implements UploadStore {
  readonly #deps: SqliteUploadStoreDeps;
  readonly #statements;

  constructor(deps: SqliteUploadStoreDeps) {
    this.#deps = deps;
    this.#statements = prepareUploadStatements(deps.connection);
  }

  reserve(
    upload: StoredUpload,
    quota: Quota,
    directKeyEnds = 0,
    seal?: Seal<StoredUpload>,
  ): Promise<QuotaVerdict> {
    const { isReceived, ...row } = upload;
    const { accountId, declaredSize, directKey } = row;
    return this.#deps.writes.atomic((tx) => {
      const verdict = this.#deps.rows.usage.checkQuota(
        tx,
        accountId,
        { bytes: declaredSize, objects: 1 },
        quota,
      );
      if (verdict !== 'within') return verdict;
      this.#deps.rows.reserve(tx, row);
      this.#statements.insert(row);
      if (directKey !== null) this.#deps.journal.enterForWriting(tx, directKey, directKeyEnds, directKeyEnds);
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
    number: number,
    etag: string,
    placed: PlacedContent,
    now: number,
  ): Promise<ReceiveOutcome> {
    const { content, size } = placed;
    return this.#deps.writes.atomic((tx) => {
      if (content.kind === 'inline') throw new Error('a part must be a blob');
      const upload = this.#statements.findLive.get({ id, now });
      if (upload === undefined) return 'upload_gone';
      if (this.#deps.rows.take(tx, placed, upload.accountId) === undefined) return 'lease_lost';
      this.#deps.rows.putPart(tx, upload, { number, size, etag }, content.key, now);
      return 'received';
    });
  }

  async parts(id: string): Promise<UploadedPart[]> {
    return this.#statements.parts.all({ id });
  }

  confirm(
    upload: StoredUpload,
    confirmation: Confirmation,
    event?: OutgoingEvent,
    wanted?: UploadedPart[],
  ): Promise<StoredObject | 'upload_gone' | 'not_received' | 'parts_changed'> {
    const { id } = upload;
    return this.#deps.writes.atomic((tx) => {
      const row = this.#statements.findLive.get({ id, now: confirmation.at });
      if (row === undefined) return 'upload_gone';
      if ((row.receivedAt === null) === (wanted === undefined)) return 'not_received';
      if (wanted && !this.#deps.rows.keepParts(tx, row, wanted, confirmation.at)) return 'parts_changed';
      const size = wanted ? wanted.reduce((sum, part) => sum + part.size, 0) : row.declaredSize;
      // Another PUT may have brought other bytes since the upload was looked up.
      const { contentEncoding } = row;
      return this.#become(tx, { ...upload, contentEncoding }, row, size, confirmation, event);
    });
  }

  confirmDirect(
    upload: StoredUpload,
    placed: PlacedContent,
    confirmation: Confirmation,
    event?: OutgoingEvent,
  ): Promise<StoredObject | 'upload_gone' | LeaseLost> {
    const { id, directKey } = upload;
    return this.#deps.writes.atomic((tx) => {
      if (this.#statements.findLive.get({ id, now: confirmation.at }) === undefined) return 'upload_gone';
      const place = this.#deps.rows.take(tx, placed, upload.accountId);
      if (place === undefined) return 'lease_lost';
      const { content } = placed;
      // Its bytes were copied: what is there, and what a late PUT brings, can go.
      if (directKey !== null && !(content.kind === 'blob' && content.key === directKey))
        this.#deps.journal.enterForRemoval(tx, directKey, confirmation.at);
      return this.#become(tx, upload, place, placed.size, confirmation, event);
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

  expire(now: number, budget: number): Promise<Swept> {
    return this.#deps.writes.repeatable((tx) => {
      const removed = this.#statements.removeExpired.all({ now, limit: budget });
      for (const row of removed) this.#deps.rows.releaseUpload(tx, row, now);
      return swept(removed.length, budget);
    });
  }

  async earliestExpiry(): Promise<number | undefined> {
    return this.#statements.earliestExpiry.get()?.expiresAt;
  }

  #become(
    tx: Transaction,
    upload: StoredUpload,
    place: Place,
    size: number,
    confirmation: Confirmation,
    event: OutgoingEvent | undefined,
  ): StoredObject {
    const { id, accountId } = upload;
    this.#statements.forget.run(id);
    this.#deps.rows.unreserve(tx, upload);
    this.#deps.rows.usage.book(tx, { accountId, storedBytes: size, storedObjects: 1 });
    if (event) this.#deps.outbox.enter(tx, event);
    return this.#insertObject(tx, upload, place, size, confirmation);
  }

  #insertObject(
    tx: Transaction,
    object: ObjectDescription & { id: string },
    { contentN, blobKey, isText }: Place,
    size: number,
    { etag, at, expiresAt, metadata }: Confirmation,
  ): StoredObject {
    const ends = [expiresAt, this.#deps.rows.accountExpiry(tx, object.accountId)].filter(
      (end) => end !== null,
    );
    const row = {
      ...descriptionOf(object),
      id: object.id,
      size,
      etag,
      metadata,
      createdAt: at,
      updatedAt: at,
      expiresAt: ends.length === 0 ? null : Math.min(...ends),
      downloads: 0,
      digest: null,
    };
    const position = String(this.#statements.insertObject({ ...row, contentN, blobKey, isText }));
    return { ...row, position, isText, lastDownloadAt: null };
  }
}
