import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { bytes, textOrBytes } from './columns.ts';

/**
 * In the order of creation: a rowid table with a unique index on the id inserts and reads several times faster than one
 * clustered on random ids (docs/decisions.md). Times are ms since the epoch.
 */
export const payloads = sqliteTable(
  'payloads',
  {
    n: integer('n').primaryKey(),
    id: text('id').notNull().unique(),
    mediaType: text('mime_type').notNull(),
    /** The bytes, unless they are in a blob or in the parts with the row's id. */
    content: textOrBytes('content'),
    blobKey: text('blob_key'),
    size: integer('size').notNull(),
    isText: integer('is_text', { mode: 'boolean' }).notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    readsLeft: integer('reads_left'),
    deleteTokenHash: bytes('delete_token_hash'),
    name: text('name'),
    /** The owner; null for a payload without an account. Without an index: no query selects by it. */
    accountId: text('account_id'),
  },
  (table) => [index('payloads_expires_at').on(table.expiresAt)],
);

export const idempotencyRecords = sqliteTable(
  'idempotency_records',
  {
    id: text('id').primaryKey(),
    fingerprint: text('fingerprint').notNull(),
    contentFingerprint: text('content_fingerprint'),
    holder: text('holder').notNull(),
    leaseUntil: integer('lease_until').notNull(),
    expiresAt: integer('expires_at').notNull(),
    answer: bytes('answer'),
  },
  (table) => [index('idempotency_records_expires_at').on(table.expiresAt)],
);
