import { boolean, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { byteOrdered, bytes, number } from './columns.ts';

/**
 * The payloads that lie in no table of the ring: those with ids of earlier versions, and those that live longer than
 * its classes. The ring itself, `payloads` with 64 partitions of the same columns, is in the migrations: the schema
 * generator knows no partitions.
 */
export const legacyPayloads = pgTable(
  'payloads_legacy',
  {
    id: uuid('id').primaryKey(),
    mediaType: text('mime_type').notNull(),
    /** The bytes, unless they are in a blob or in the parts with the row's id. */
    content: bytes('content'),
    blobKey: text('blob_key'),
    size: number('size').notNull(),
    isText: boolean('is_text').notNull(),
    createdAt: number('created_at').notNull(),
    expiresAt: number('expires_at').notNull(),
    readsLeft: number('reads_left'),
    deleteTokenHash: bytes('delete_token_hash'),
    name: text('name'),
    /** The owner; null for a payload without an account. */
    accountId: text('account_id'),
  },
  (table) => [index('payloads_legacy_expires_at').on(table.expiresAt)],
);

/** Tokens of counted reads: one that is here was taken. A reader whose answer was lost asks again with its token. */
export const takenReads = pgTable(
  'taken_reads',
  {
    token: text('token').primaryKey(),
    readsLeft: number('reads_left').notNull(),
    takenAt: number('taken_at').notNull(),
  },
  (table) => [index('taken_reads_taken_at').on(table.takenAt)],
);

export const idempotencyRecords = pgTable(
  'idempotency_records',
  {
    id: byteOrdered('id').primaryKey(),
    fingerprint: text('fingerprint').notNull(),
    contentFingerprint: text('content_fingerprint'),
    holder: text('holder').notNull(),
    leaseUntil: number('lease_until').notNull(),
    expiresAt: number('expires_at').notNull(),
    answer: bytes('answer'),
  },
  (table) => [index('idempotency_records_expires_at').on(table.expiresAt)],
);
