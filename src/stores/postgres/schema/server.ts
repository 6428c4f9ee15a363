import { boolean, index, integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { byteOrdered, bytes, number } from './columns.ts';

/**
 * Blob keys without a row: being written (until the lease ends), or to be removed. A key that a client may still write
 * with a presigned URL of the blob store is removed again at `removeAgainAt`.
 */
export const blobJournal = pgTable(
  'blob_journal',
  {
    key: byteOrdered('key').primaryKey(),
    purpose: text('purpose', { enum: ['write', 'remove'] }).notNull(),
    dueAt: number('due_at').notNull(),
    attempts: integer('attempts').notNull(),
    removeAgainAt: number('remove_again_at'),
    /** The blob store's id of the upload in parts of this key, needed to abort it. */
    directUploadId: text('direct_upload_id'),
    /** Bytes of a released part, which count as stored until the record is removed, and whether its owner is anonymous. */
    heldBytes: number('held_bytes').notNull().default(0),
    isAnonymous: boolean('is_anonymous').notNull().default(false),
  },
  (table) => [index('blob_journal_due_at').on(table.dueAt)],
);

/**
 * Stored bytes, updated in the transactions that change them. Leaves 0 to 63 count the rows of that table of the ring
 * that are removed together with it: payloads with inline content and no account. Leaf 64 counts everything else. Each
 * leaf has several rows, so that concurrent transactions rarely update the same one.
 */
export const storageCounters = pgTable(
  'storage_counters',
  {
    leaf: smallint('leaf').notNull(),
    shard: smallint('shard').notNull(),
    /** Content in rows of the database, and the number of those rows. */
    inlineBytes: number('inline_bytes').notNull(),
    inlineRows: number('inline_rows').notNull(),
    blobBytes: number('blob_bytes').notNull(),
    anonymousBytes: number('anonymous_bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.leaf, table.shard] })],
);

/**
 * Room that nodes have leased for bytes that they are about to store. The row without a holder is locked by each node
 * that changes a lease of its kind.
 */
export const roomLeases = pgTable(
  'room_leases',
  {
    kind: text('kind', { enum: ['storage', 'anonymous'] }).notNull(),
    holder: byteOrdered('holder').notNull(),
    bytes: number('bytes').notNull(),
    until: number('until').notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.holder] })],
);

/** SHA-256 of content that the operator blocks. */
export const blockedContents = pgTable('blocked_contents', {
  hash: bytes('hash').primaryKey(),
  createdAt: number('created_at').notNull(),
});

/** The settings of the server that last used the database, as a fingerprint. */
export const deployment = pgTable('deployment', {
  name: byteOrdered('name').primaryKey(),
  value: text('value').notNull(),
});
