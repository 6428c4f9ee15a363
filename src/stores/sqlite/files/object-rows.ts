import { and, eq, inArray, sql } from 'drizzle-orm';
import type { ContentPart, PlacedContent } from '../../../core/ports/content/content.ts';
import { ownSizes, type UploadedPart } from '../../../core/ports/files/upload-store.ts';
import type { UsageBook } from '../accounts/usage-book.ts';
import type { SqliteBlobJournal } from '../content/journal.ts';
import type { SqliteStorageMeter } from '../content/storage-meter.ts';
import type { Connection } from '../database/connection.ts';
import type { Transaction } from '../database/transaction.ts';
import { parts } from '../schema/index.ts';
import type { RemovedUpload } from './upload-statements.ts';

const { placeholder } = sql;

/** A row with content, and its account; null if no account owns it. */
type Owner = { id: string; accountId: string | null };

/** The columns of a deleted row that locate its content. */
export type Released = Owner & {
  contentN: number | null;
  blobKey: string | null;
  size: number;
  isInParts: boolean;
};

/** The columns that locate content. */
export type Place = { contentN: number | null; blobKey: string | null; isText: boolean };

type ObjectRowsDeps = {
  connection: Connection;
  journal: SqliteBlobJournal;
  meter: SqliteStorageMeter;
  usage: UsageBook;
};

/** The content of objects, uploads and payloads: it is stored and released together with their rows. */
export class ObjectRows {
  /** The usage of accounts and buckets. */
  readonly usage: UsageBook;
  readonly #database: Connection['database'];
  readonly #deps: ObjectRowsDeps;
  readonly #statements;

  constructor(deps: ObjectRowsDeps) {
    this.usage = deps.usage;
    this.#database = deps.connection.database;
    this.#deps = deps;
    this.#statements = prepareStatements(deps.connection);
  }

  /**
   * Stores inline content, or removes a blob's record from the journal. The row that refers to it must follow in the
   * same transaction.
   *
   * @returns Undefined if the journal no longer has the record: the row must not be inserted.
   */
  take(
    tx: Transaction,
    { content, size, isText }: PlacedContent,
    accountId: string | null,
  ): Place | undefined {
    if (content.kind === 'inline') {
      this.usage.hold(tx, accountId, size);
      const { lastInsertRowid } = this.#statements.insertContent.run(content.data);
      return { contentN: Number(lastInsertRowid), blobKey: null, isText };
    }
    if (!this.#deps.journal.publish(tx, content.key)) return undefined;
    this.usage.hold(tx, accountId, size);
    this.#deps.meter.add(tx, size);
    return { contentN: null, blobKey: content.key, isText };
  }

  /** Releases the content of a deleted row: enters its blobs in the journal. Call it after the row is deleted. */
  release(
    tx: Transaction,
    { id, accountId, contentN, blobKey, size, isInParts }: Released,
    now: number,
  ): void {
    if (contentN !== null) this.#statements.deleteContent.run(contentN);
    if (contentN !== null || blobKey !== null) this.usage.hold(tx, accountId, -size);
    if (isInParts) this.releaseParts(tx, { id, accountId }, now);
    if (blobKey === null) return;
    this.#deps.journal.enterForRemoval(tx, blobKey, now);
    this.#deps.meter.add(tx, -size);
  }

  /** Releases all parts of an owner, or those with these numbers. */
  releaseParts(tx: Transaction, { id, accountId }: Owner, now: number, numbers?: number[]): void {
    const hasNumber = numbers && inArray(parts.number, numbers);
    const released = this.#database
      .delete(parts)
      .where(and(eq(parts.ownerId, id), hasNumber))
      .returning({ blobKey: parts.blobKey, size: parts.size })
      .all();
    for (const { blobKey } of released)
      if (blobKey !== null) this.#deps.journal.enterForRemoval(tx, blobKey, now);
    if (released.length === 0) return;
    const bytes = released.reduce((sum, { size }) => sum + size, 0);
    this.usage.hold(tx, accountId, -bytes);
    this.#deps.meter.add(tx, -bytes);
  }

  /**
   * Reserves an upload in its account. Direct uploads count as held from now on: this server does not see them arrive.
   */
  reserve(tx: Transaction, upload: Reserved): void {
    const { accountId, declaredSize } = upload;
    const heldBytes = isDirectUpload(upload) ? declaredSize : 0;
    this.usage.book(tx, { accountId, reservedBytes: declaredSize, reservedObjects: 1, heldBytes });
    if (heldBytes !== 0) this.#deps.meter.add(tx, heldBytes);
  }

  /** Undoes `reserve` when the upload is completed or aborted. */
  unreserve(tx: Transaction, upload: Reserved): void {
    const { accountId, declaredSize } = upload;
    const heldBytes = isDirectUpload(upload) ? -declaredSize : 0;
    this.usage.book(tx, { accountId, reservedBytes: -declaredSize, reservedObjects: -1, heldBytes });
    if (heldBytes !== 0) this.#deps.meter.add(tx, heldBytes);
  }

  /** Releases everything of a deleted upload: its content, its reservation, and its key in the blob store. */
  releaseUpload(tx: Transaction, row: RemovedUpload, now: number): void {
    const { declaredSize, directKey, partSize } = row;
    this.release(tx, { ...row, size: declaredSize, isInParts: partSize !== null }, now);
    this.unreserve(tx, row);
    if (directKey !== null) this.#deps.journal.enterForRemoval(tx, directKey, now);
  }

  /** Releases all parts except the wanted ones. @returns False, without a change, if a wanted part is missing. */
  keepParts(tx: Transaction, owner: Owner, wanted: UploadedPart[], now: number): boolean {
    const unwanted = new Map(this.#statements.parts.all({ id: owner.id }).map((part) => [part.number, part]));
    for (const { number, etag } of wanted) if (unwanted.get(number)?.etag !== etag) return false;
    for (const { number } of wanted) unwanted.delete(number);
    if (unwanted.size > 0) this.releaseParts(tx, owner, now, [...unwanted.keys()]);
    return true;
  }

  /** The parts of an owner, in the order of their numbers. */
  partsOf(ownerId: string): ContentPart[] {
    return this.#statements.partsOf.all({ id: ownerId });
  }

  handOverParts(_tx: Transaction, ownerId: string, newOwnerId: string): void {
    this.#database.update(parts).set({ ownerId: newOwnerId }).where(eq(parts.ownerId, ownerId)).run();
  }

  /** Records a part, and replaces an earlier one with the same number. */
  putPart(
    tx: Transaction,
    owner: Owner,
    { number, size, etag }: UploadedPart,
    blobKey: string | null,
    now: number,
  ): void {
    this.releaseParts(tx, owner, now, [number]);
    this.#database.insert(parts).values({ ownerId: owner.id, number, blobKey, size, etag }).run();
    // `take` has counted the size of a blob.
    if (blobKey !== null) return;
    this.usage.hold(tx, owner.accountId, size);
    this.#deps.meter.add(tx, size);
  }

  /** The expiry of an account, as this transaction sees it. */
  accountExpiry(_tx: Transaction, accountId: string): number | null {
    return this.#statements.expiry.get(accountId) ?? null;
  }
}

type Reserved = Pick<RemovedUpload, 'accountId' | 'declaredSize' | 'directKey' | 'partSize'>;

/** Whether clients send the bytes directly to the blob store. Parts with their own sizes go through this server. */
function isDirectUpload({ directKey, partSize }: Reserved): boolean {
  return directKey !== null && partSize !== ownSizes;
}

function prepareStatements({ database, raw }: Connection) {
  return {
    insertContent: raw.prepare('INSERT INTO contents (data) VALUES (?)'),
    deleteContent: raw.prepare('DELETE FROM contents WHERE n = ?'),
    parts: database
      .select({ number: parts.number, etag: parts.etag })
      .from(parts)
      .where(eq(parts.ownerId, placeholder('id')))
      .prepare(),
    partsOf: database
      .select({ key: sql<string>`${parts.blobKey}`, size: parts.size })
      .from(parts)
      .where(eq(parts.ownerId, placeholder('id')))
      .orderBy(parts.number)
      .prepare(),
    expiry: raw.prepare<[string], number | null>('SELECT expires_at FROM accounts WHERE id = ?').pluck(),
  };
}
