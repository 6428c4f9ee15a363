import { getTableColumns, getTableName } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { bucketNotFound } from '../../../core/failure.ts';
import type { fileOf } from '../../../core/files/file-of-upload.ts';
import { ownSizes, type StoredUpload } from '../../../core/ports/files/upload-store.ts';
import { violatesForeignKey } from '../database/errors.ts';
import { prepared } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';
import { objects, uploads } from '../schema/index.ts';
import type { Place, RemovedUpload } from './object-rows.ts';

/** An upload that has not expired. */
export type LiveUpload = RemovedUpload &
  Pick<typeof uploads.$inferSelect, 'isText' | 'contentEncoding' | 'receivedAt'>;

const { contentN: _contentN, blobKey: _blobKey, receivedAt, ...reserved } = getTableColumns(uploads);
const { n: _position, lastDownloadAt: _lastDownloadAt, ...confirmed } = getTableColumns(objects);
const { id, accountId, contentN, blobKey, declaredSize, directKey, partSize } = uploads;
const { isText, contentEncoding } = uploads;
const removed = { id, accountId, contentN, blobKey, declaredSize, directKey, partSize };

/** The statements of `PostgresUploadStore`. */
export const statements = {
  find: prepared(`SELECT ${listOf({ ...reserved, receivedAt })} FROM uploads WHERE uploads.id = $1`),
  setDirectUploadId: prepared(
    'UPDATE uploads SET direct_upload_id = $2 WHERE id = $1 RETURNING direct_key AS "directKey"',
  ),
  receive: prepared(
    `UPDATE uploads SET content_n = $2, blob_key = $3, is_text = $4, received_at = $5, content_encoding = $6
     WHERE id = $1`,
  ),
  parts: prepared(
    `SELECT number, size, etag, coalesce(blob_key, '') AS key FROM parts WHERE owner_id = $1 ORDER BY number`,
  ),
  /** Deletes an upload whose content now belongs to a file, object or payload. */
  forget: prepared('DELETE FROM uploads WHERE id = $1'),
  remove: prepared(`DELETE FROM uploads WHERE uploads.id = $1 RETURNING ${listOf(removed)}`),
  /** Skips uploads that another transaction is changing: a later sweep removes them. */
  removeExpired: prepared(
    `WITH expired AS (
       SELECT id FROM uploads WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     DELETE FROM uploads USING expired WHERE uploads.id = expired.id RETURNING ${listOf(removed)}`,
  ),
  earliestExpiry: prepared('SELECT expires_at AS "expiresAt" FROM uploads ORDER BY expires_at LIMIT 1'),
};

const live = prepared(
  `SELECT ${listOf({ ...removed, isText, contentEncoding, receivedAt })}
   FROM uploads WHERE uploads.id = $1 AND uploads.expires_at > $2 FOR UPDATE`,
);
const upload = insertOf(uploads, reserved);
const file = insertOf(objects, confirmed, 'RETURNING n::text AS position');

/**
 * Locks an upload that has not expired. No other transaction then changes it or its parts, so what later statements
 * read of them stays true.
 */
export function lockUpload(tx: Transaction, id: string, now: number): Promise<LiveUpload | undefined> {
  return tx.first<LiveUpload>(live, [id, now]);
}

/** @throws Failure `bucket_not_found` for an upload whose parts have their own sizes */
export async function insertUpload(tx: Transaction, row: StoredUpload): Promise<void> {
  try {
    await tx.run(upload.statement, upload.valuesOf(row));
  } catch (error) {
    if (row.partSize === ownSizes && violatesForeignKey(error)) throw bucketNotFound();
    throw error;
  }
}

/** @returns The position of the file. */
export async function insertFile(tx: Transaction, row: ReturnType<typeof fileOf> & Place): Promise<string> {
  const inserted = await tx.first<{ position: string }>(file.statement, file.valuesOf(row));
  if (inserted === undefined) throw new Error('the inserted file has no position');
  return inserted.position;
}

type Columns = Record<string, PgColumn>;

/** A list of columns, each under the name that the ports use. */
function listOf(columns: Columns): string {
  return Object.entries(columns)
    .map(([name, column]) => `${getTableName(column.table)}.${column.name} AS "${name}"`)
    .join(', ');
}

/** An insert of these columns, and the function that takes their values from a row. */
function insertOf(table: typeof uploads | typeof objects, columns: Columns, returning = '') {
  const names = Object.keys(columns);
  const listed = Object.values(columns).map((column) => column.name);
  const places = names.map((_, index) => `$${index + 1}`);
  return {
    statement: prepared(
      `INSERT INTO ${getTableName(table)} (${listed.join(', ')}) VALUES (${places.join(', ')}) ${returning}`,
    ),
    valuesOf({ metadata, ...rest }: Record<string, unknown>): unknown[] {
      const row: Record<string, unknown> = { ...rest, metadata: metadata && JSON.stringify(metadata) };
      return names.map((name) => row[name]);
    },
  };
}
