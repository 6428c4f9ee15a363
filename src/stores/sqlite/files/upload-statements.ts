import { and, eq, getTableColumns, gt, lte, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Connection } from '../database/connection.ts';
import { objects, parts, uploads } from '../schema/index.ts';

const { placeholder } = sql;

/** The columns that the removal of an upload returns. */
export type RemovedUpload = Pick<
  typeof uploads.$inferSelect,
  'id' | 'accountId' | 'contentN' | 'blobKey' | 'declaredSize' | 'directKey' | 'partSize'
>;

/** An upload that has not expired. */
export type LiveUpload = RemovedUpload &
  Pick<typeof uploads.$inferSelect, 'isText' | 'contentEncoding' | 'receivedAt'>;

export function prepareUploadStatements({ database, raw }: Connection) {
  const hasId = eq(uploads.id, placeholder('id'));
  const { n: _n, contentN: _contentN, blobKey: _blobKey, receivedAt, ...reserved } = getTableColumns(uploads);
  const { n: _position, lastDownloadAt: _lastDownloadAt, ...confirmed } = getTableColumns(objects);
  const { id, accountId, contentN, blobKey, isText, contentEncoding } = uploads;
  const { declaredSize, directKey, partSize } = uploads;
  const removed = { id, accountId, contentN, blobKey, declaredSize, directKey, partSize };
  return {
    insert: preparedInsert(raw, database, uploads, reserved),
    find: database
      .select({ ...reserved, receivedAt })
      .from(uploads)
      .where(hasId)
      .prepare(),
    findLive: database
      .select({ ...removed, isText, contentEncoding, receivedAt })
      .from(uploads)
      .where(and(hasId, gt(uploads.expiresAt, placeholder('now'))))
      .prepare(),
    setDirectUploadId: database
      .update(uploads)
      .set({ directUploadId: sql`${placeholder('directUploadId')}` })
      .where(hasId)
      .prepare(),
    receive: raw.prepare(
      `UPDATE uploads SET content_n = ?, blob_key = ?, is_text = ?, received_at = ?, content_encoding = ?
       WHERE id = ?`,
    ),
    insertObject: preparedInsert(raw, database, objects, confirmed),
    parts: database
      .select({
        number: parts.number,
        size: parts.size,
        etag: parts.etag,
        key: sql<string>`coalesce(${parts.blobKey}, '')`,
      })
      .from(parts)
      .where(eq(parts.ownerId, placeholder('id')))
      .orderBy(parts.number)
      .prepare(),
    /** Deletes an upload whose content now belongs to a file, object or payload. */
    forget: raw.prepare('DELETE FROM uploads WHERE id = ?'),
    remove: database.delete(uploads).where(hasId).returning(removed).prepare(),
    removeExpired: database
      .delete(uploads)
      .where(
        sql`${uploads.n} IN (SELECT ${uploads.n} FROM ${uploads}
          WHERE ${lte(uploads.expiresAt, placeholder('now'))}
          ORDER BY ${uploads.expiresAt} LIMIT ${placeholder('limit')})`,
      )
      .returning(removed)
      .prepare(),
    earliestExpiry: database
      .select({ expiresAt: uploads.expiresAt })
      .from(uploads)
      .orderBy(uploads.expiresAt)
      .limit(1)
      .prepare(),
  };
}

/**
 * An insert of these columns that bypasses the value mapping of the query builder, which costs more than the insert.
 *
 * @returns A function that inserts a row and returns its rowid.
 */
function preparedInsert<Table extends typeof uploads | typeof objects>(
  raw: Connection['raw'],
  database: Connection['database'],
  table: Table,
  columns: Record<string, SQLiteColumn>,
): (row: Partial<Table['$inferInsert']>) => number {
  const names = Object.keys(columns);
  const values = Object.fromEntries(names.map((name) => [name, placeholder(name)]));
  const statement = raw.prepare(
    database
      .insert(table)
      .values(values as never)
      .toSQL().sql,
  );
  return (row) => {
    const given = row as Record<string, unknown>;
    const bound = names.map((name) =>
      given[name] != null ? columns[name]?.mapToDriverValue(given[name]) : null,
    );
    return Number(statement.run(...bound).lastInsertRowid);
  };
}
