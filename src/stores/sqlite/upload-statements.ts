import { and, eq, getTableColumns, gt, lte, sql } from 'drizzle-orm';
import type { Connection } from './connection.ts';
import { objects, parts, uploads } from './schema.ts';

const { placeholder } = sql;

/** What is told of an upload that is removed. */
export type RemovedUpload = Pick<
  typeof uploads.$inferSelect,
  'id' | 'accountId' | 'blobKey' | 'declaredSize' | 'directKey' | 'partSize'
>;

/** The statements of `SqliteUploadStore`. */
export function prepareUploadStatements({ database }: Connection) {
  const isIt = eq(uploads.id, placeholder('id'));
  const { n: _n, content: _content, blobKey: _blobKey, receivedAt, ...reserved } = getTableColumns(uploads);
  const { n: _position, lastDownloadAt: _lastDownloadAt, ...confirmed } = getTableColumns(objects);
  const { id, accountId, blobKey, declaredSize, directKey, partSize } = uploads;
  const removed = { id, accountId, blobKey, declaredSize, directKey, partSize };
  return {
    insert: database
      .insert(uploads)
      .values(placeholdersFor(reserved) as typeof uploads.$inferInsert)
      .prepare(),
    find: database
      .select({ ...reserved, receivedAt })
      .from(uploads)
      .where(isIt)
      .prepare(),
    findLive: database
      .select()
      .from(uploads)
      .where(and(isIt, gt(uploads.expiresAt, placeholder('now'))))
      .prepare(),
    setDirectUploadId: database
      .update(uploads)
      .set({ directUploadId: sql`${placeholder('directUploadId')}` })
      .where(isIt)
      .prepare(),
    receive: database
      .update(uploads)
      .set({
        content: sql`${placeholder('content')}`,
        blobKey: sql`${placeholder('blobKey')}`,
        isText: sql`${placeholder('isText')}`,
        receivedAt: sql`${placeholder('now')}`,
      })
      .where(isIt)
      .prepare(),
    insertObject: database
      .insert(objects)
      .values(placeholdersFor(confirmed) as typeof objects.$inferInsert)
      .prepare(),
    parts: database
      .select({ number: parts.number, size: parts.size, etag: parts.etag })
      .from(parts)
      .where(eq(parts.ownerId, placeholder('id')))
      .orderBy(parts.number)
      .prepare(),
    remove: database.delete(uploads).where(isIt).returning(removed).prepare(),
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

/** A placeholder for each column, by the column's own name in the schema. */
function placeholdersFor(columns: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(columns).map((name) => [name, placeholder(name)]));
}
