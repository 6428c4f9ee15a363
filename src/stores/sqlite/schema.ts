import { customType, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Text stays SQLite TEXT and bytes stay BLOB, so that text is read back without decoding. */
const textOrBytes = customType<{ data: string | Uint8Array; driverData: string | Uint8Array }>({
  dataType: () => 'blob',
});

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'blob' });

/**
 * Payloads lie in the order in which they came: a rowid table with a unique index on the id inserts and
 * reads several times faster than one clustered on random ids (docs/decisions.md). Times are ms since the epoch.
 */
export const payloads = sqliteTable(
  'payloads',
  {
    n: integer('n').primaryKey(),
    id: text('id').notNull().unique(),
    mediaType: text('mime_type').notNull(),
    content: textOrBytes('content'),
    blobKey: text('blob_key'),
    size: integer('size').notNull(),
    isText: integer('is_text', { mode: 'boolean' }).notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    readsLeft: integer('reads_left'),
    deleteTokenHash: bytes('delete_token_hash'),
    name: text('name'),
  },
  (table) => [index('payloads_expires_at').on(table.expiresAt)],
);

/** Blob keys that no row shows: being written (until its lease ends), or to be removed. */
export const blobJournal = sqliteTable(
  'blob_journal',
  {
    key: text('key').primaryKey(),
    purpose: text('purpose', { enum: ['write', 'remove'] }).notNull(),
    dueAt: integer('due_at').notNull(),
    attempts: integer('attempts').notNull(),
  },
  (table) => [index('blob_journal_due_at').on(table.dueAt)],
);

export const idempotencyRecords = sqliteTable(
  'idempotency_records',
  {
    id: text('id').primaryKey(),
    fingerprint: text('fingerprint').notNull(),
    holder: text('holder').notNull(),
    leaseUntil: integer('lease_until').notNull(),
    expiresAt: integer('expires_at').notNull(),
    answer: bytes('answer'),
  },
  (table) => [index('idempotency_records_expires_at').on(table.expiresAt)],
);

/** One row: how many bytes the blobs of all rows have, kept in the transactions that change it. */
export const storageUsage = sqliteTable('storage_usage', {
  id: integer('id').primaryKey(),
  blobBytes: integer('blob_bytes').notNull(),
});
