import type { ContentPart, PlacedContent } from '../../../core/ports/content/content.ts';
import { ownSizes, type UploadedPart } from '../../../core/ports/files/upload-store.ts';
import type { PostgresBlobJournal, ReleasedPart } from '../content/journal.ts';
import { prepared, type Sql } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';

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

/** The columns that the removal of an upload returns. */
export type RemovedUpload = Reserved & {
  id: string;
  contentN: number | null;
  blobKey: string | null;
};

type Reserved = {
  accountId: string;
  declaredSize: number;
  directKey: string | null;
  partSize: number | null;
};

/**
 * The content of objects, uploads and payloads: it is stored and released together with their rows. The caller has
 * locked, inserted or deleted the row, so no other transaction changes the content and the parts that belong to it.
 */
export class ObjectRows {
  readonly #sql: Sql;
  readonly #journal: PostgresBlobJournal;

  constructor(sql: Sql, journal: PostgresBlobJournal) {
    this.#sql = sql;
    this.#journal = journal;
  }

  /**
   * Stores inline content, or removes a blob's record from the journal. The row that refers to it must follow in the
   * same transaction.
   *
   * @returns Undefined if the journal no longer has the record: the row must not be inserted.
   */
  async take(
    tx: Transaction,
    { content, size, isText }: PlacedContent,
    accountId: string | null,
  ): Promise<Place | undefined> {
    if (content.kind === 'blob') {
      if (!(await this.#journal.publish(tx, content.key))) return undefined;
      tx.books.hold(accountId, size);
      tx.books.store({ blobBytes: size });
      return { contentN: null, blobKey: content.key, isText };
    }
    const row = await tx.first<{ n: number }>(insertContent, [Buffer.from(content.data)]);
    if (row === undefined) throw new Error('the inserted content has no number');
    tx.books.hold(accountId, size);
    tx.books.store({ inlineBytes: size, inlineRows: 1 });
    return { contentN: row.n, blobKey: null, isText };
  }

  /** Releases the content of a deleted row: enters its blobs in the journal. Call it after the row is deleted. */
  release(tx: Transaction, released: Released, now: number): Promise<void> {
    return this.releaseAll(tx, [released], now);
  }

  /**
   * Releases the content of deleted rows, with one statement of each kind. Readers may still need its parts, since they
   * open one after the other.
   */
  async releaseAll(tx: Transaction, released: Released[], now: number): Promise<void> {
    const { blobs, parts } = await this.#release(tx, released);
    await this.#journal.enterForRemoval(tx, blobs, now);
    await this.#journal.enterReleased(tx, parts, now);
  }

  /** Releases all parts of an upload, or those with these numbers. Nobody reads the parts of an upload. */
  async releaseParts(tx: Transaction, upload: Owner, now: number, numbers?: number[]): Promise<void> {
    const parts = await this.#deleteParts(tx, [upload], numbers);
    await this.#journal.enterForRemoval(tx, keysOf(parts), now);
  }

  /**
   * Reserves an upload in its account. Direct uploads count as held from now on: this server does not see them arrive.
   */
  reserve(tx: Transaction, upload: Reserved): void {
    bookReserved(tx, upload, 1);
  }

  /** Undoes `reserve` when the upload is completed or aborted. */
  unreserve(tx: Transaction, upload: Reserved): void {
    bookReserved(tx, upload, -1);
  }

  /** Releases everything of a deleted upload: its content, its reservation, and its key in the blob store. */
  releaseUpload(tx: Transaction, row: RemovedUpload, now: number): Promise<void> {
    return this.releaseUploads(tx, [row], now);
  }

  /** Releases everything of deleted uploads, with one statement of each kind. */
  async releaseUploads(tx: Transaction, rows: RemovedUpload[], now: number): Promise<void> {
    const released = rows.map((row) => ({
      ...row,
      size: row.declaredSize,
      isInParts: row.partSize !== null,
    }));
    const { blobs, parts } = await this.#release(tx, released);
    for (const row of rows) {
      this.unreserve(tx, row);
      if (row.directKey !== null) blobs.push(row.directKey);
    }
    await this.#journal.enterForRemoval(tx, [...blobs, ...keysOf(parts)], now);
  }

  /** Releases all parts except the wanted ones. @returns False, without a change, if a wanted part is missing. */
  async keepParts(tx: Transaction, owner: Owner, wanted: UploadedPart[], now: number): Promise<boolean> {
    const stored = await tx.all<{ number: number; etag: string }>(partNumbers, [owner.id]);
    const unwanted = new Map(stored.map(({ number, etag }) => [number, etag]));
    for (const { number, etag } of wanted) if (unwanted.get(number) !== etag) return false;
    for (const { number } of wanted) unwanted.delete(number);
    if (unwanted.size > 0) await this.releaseParts(tx, owner, now, [...unwanted.keys()]);
    return true;
  }

  /** The parts of an owner, in the order of their numbers. */
  partsOf(ownerId: string): Promise<ContentPart[]> {
    return this.#sql.read<ContentPart>(partsOf, [ownerId]);
  }

  async handOverParts(tx: Transaction, ownerId: string, newOwnerId: string): Promise<void> {
    await tx.run(handOverParts, [ownerId, newOwnerId]);
  }

  /** Records a part, and replaces an earlier one with the same number. */
  async putPart(
    tx: Transaction,
    owner: Owner,
    { number, size, etag }: UploadedPart,
    blobKey: string | null,
    now: number,
  ): Promise<void> {
    const values = [owner.id, number, blobKey, size, etag];
    const before = await tx.first<{ blobKey: string | null; size: number | null }>(putPart, values);
    // `take` has counted the size of a blob.
    const bytes = (blobKey === null ? size : 0) - (before?.size ?? 0);
    tx.books.hold(owner.accountId, bytes);
    tx.books.store({ blobBytes: bytes });
    if (before?.blobKey) await this.#journal.enterForRemoval(tx, [before.blobKey], now);
  }

  /**
   * The expiry of an account. It cannot change until the end of the transaction, so a row that gets it is changed by
   * a later claim of the account.
   */
  async accountExpiry(tx: Transaction, accountId: string): Promise<number | null> {
    const account = await tx.first<{ expiresAt: number | null }>(accountExpiry, [accountId]);
    return account?.expiresAt ?? null;
  }

  /** @returns The keys of the blobs to remove, and the removed parts. */
  async #release(tx: Transaction, released: Released[]): Promise<{ blobs: string[]; parts: ReleasedPart[] }> {
    const inline: number[] = [];
    const blobs: string[] = [];
    for (const { accountId, contentN, blobKey, size } of released) {
      if (contentN === null && blobKey === null) continue;
      tx.books.hold(accountId, -size);
      if (contentN !== null) {
        inline.push(contentN);
        tx.books.store({ inlineBytes: -size, inlineRows: -1 });
      }
      if (blobKey !== null) {
        blobs.push(blobKey);
        tx.books.store({ blobBytes: -size });
      }
    }
    if (inline.length > 0) await tx.run(deleteContents, [inline]);
    const owners = released.filter(({ isInParts }) => isInParts);
    return { blobs, parts: owners.length === 0 ? [] : await this.#deleteParts(tx, owners) };
  }

  /** @returns The parts whose blobs are to be removed. */
  async #deleteParts(tx: Transaction, owners: Owner[], numbers?: number[]): Promise<ReleasedPart[]> {
    const accounts = new Map(owners.map(({ id, accountId }) => [id, accountId]));
    const released = await tx.all<{ ownerId: string; blobKey: string | null; size: number }>(deleteParts, [
      [...accounts.keys()],
      numbers ?? null,
    ]);
    return released.flatMap(({ ownerId, blobKey: key, size }) => {
      const accountId = accounts.get(ownerId) ?? null;
      tx.books.hold(accountId, -size);
      tx.books.store({ blobBytes: -size });
      return key === null ? [] : { key, size, accountId };
    });
  }
}

function keysOf(parts: ReleasedPart[]): string[] {
  return parts.map(({ key }) => key);
}

function bookReserved(tx: Transaction, upload: Reserved, count: 1 | -1): void {
  const { accountId, declaredSize, directKey, partSize } = upload;
  // Whether clients send the bytes directly to the blob store. Parts with their own sizes go through this server.
  const isDirect = directKey !== null && partSize !== ownSizes;
  const bytes = count * declaredSize;
  const heldBytes = isDirect ? bytes : 0;
  tx.books.book({ accountId, reservedBytes: bytes, reservedObjects: count, heldBytes });
  tx.books.store({ blobBytes: heldBytes });
}

const insertContent = prepared('INSERT INTO contents (data) VALUES ($1) RETURNING n');
const deleteContents = prepared('DELETE FROM contents WHERE n = ANY($1::int8[])');
const partNumbers = prepared('SELECT number, etag FROM parts WHERE owner_id = $1');
const partsOf = prepared('SELECT blob_key AS key, size FROM parts WHERE owner_id = $1 ORDER BY number');
/** Returns what the part was before; nulls if it is new. */
const putPart = prepared(
  `WITH before AS (SELECT blob_key, size FROM parts WHERE owner_id = $1 AND number = $2)
   INSERT INTO parts (owner_id, number, blob_key, size, etag) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (owner_id, number) DO UPDATE SET blob_key = excluded.blob_key, size = excluded.size, etag = excluded.etag
   RETURNING (SELECT blob_key FROM before) AS "blobKey", (SELECT size FROM before) AS size`,
);
const deleteParts = prepared(
  `DELETE FROM parts WHERE owner_id = ANY($1::text[]) AND ($2::int4[] IS NULL OR number = ANY($2))
   RETURNING owner_id AS "ownerId", blob_key AS "blobKey", size`,
);
const handOverParts = prepared('UPDATE parts SET owner_id = $2 WHERE owner_id = $1');
// The lock is the one that the booking takes at the end.
const accountExpiry = prepared(
  'SELECT expires_at AS "expiresAt" FROM accounts WHERE id = $1 FOR NO KEY UPDATE',
);
