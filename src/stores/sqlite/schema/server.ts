import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { bytes } from './columns.ts';

/**
 * Blob keys without a row: being written (until the lease ends), or to be removed. A key that a client may still write
 * with a presigned URL of the blob store is removed again at `removeAgainAt`.
 */
export const blobJournal = sqliteTable(
  'blob_journal',
  {
    key: text('key').primaryKey(),
    purpose: text('purpose', { enum: ['write', 'remove'] }).notNull(),
    dueAt: integer('due_at').notNull(),
    attempts: integer('attempts').notNull(),
    removeAgainAt: integer('remove_again_at'),
    /** The blob store's id of the upload in parts of this key, needed to abort it. */
    directUploadId: text('direct_upload_id'),
  },
  (table) => [index('blob_journal_due_at').on(table.dueAt)],
);

/**
 * One row: the bytes of all blobs, and the bytes that anonymous callers store in blobs and in the database. Both are
 * updated in the transactions that change them.
 */
export const storageUsage = sqliteTable('storage_usage', {
  id: integer('id').primaryKey(),
  blobBytes: integer('blob_bytes').notNull(),
  anonymousBytes: integer('stranger_bytes').notNull().default(0),
});

/** SHA-256 of content that the operator blocks. */
export const blockedContents = sqliteTable('blocked_contents', {
  hash: bytes('hash').primaryKey(),
  createdAt: integer('created_at').notNull(),
});

/** The settings of the server that last used the database, as a fingerprint. */
export const deployment = sqliteTable('deployment', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});
