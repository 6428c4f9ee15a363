import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { bytes } from './columns.ts';

/**
 * Blob keys that no row shows: being written (until its lease ends), or to be removed. A key that a client may
 * still write to by a URL of the blob store is removed once more at `removeAgainAt`.
 */
export const blobJournal = sqliteTable(
  'blob_journal',
  {
    key: text('key').primaryKey(),
    purpose: text('purpose', { enum: ['write', 'remove'] }).notNull(),
    dueAt: integer('due_at').notNull(),
    attempts: integer('attempts').notNull(),
    removeAgainAt: integer('remove_again_at'),
    /** The blob store's own id of an upload in parts under the key, to abort it by. */
    directUploadId: text('direct_upload_id'),
  },
  (table) => [index('blob_journal_due_at').on(table.dueAt)],
);

/**
 * One row: how many bytes the blobs of all rows have, and how many bytes strangers store together, in blobs and in the
 * database. Both are kept in the transactions that change them.
 */
export const storageUsage = sqliteTable('storage_usage', {
  id: integer('id').primaryKey(),
  blobBytes: integer('blob_bytes').notNull(),
  anonymousBytes: integer('stranger_bytes').notNull().default(0),
});

/** SHA-256 of content that the operator refuses. */
export const blockedContents = sqliteTable('blocked_contents', {
  hash: bytes('hash').primaryKey(),
  createdAt: integer('created_at').notNull(),
});

/** A few words about the settings that the database was last served with. */
export const deployment = sqliteTable('deployment', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});
