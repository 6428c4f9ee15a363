import { sql } from 'drizzle-orm';
import { index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { byteOrdered, bytes, number } from './columns.ts';

export const plans = pgTable('plans', {
  name: byteOrdered('name').primaryKey(),
  maxStoredBytes: number('max_stored_bytes'),
  maxObjectBytes: number('max_object_bytes'),
  maxObjects: number('max_objects'),
  lifetime: number('lifetime'),
});

/** Usage and reservations change in the transactions that store or remove content. */
export const accounts = pgTable(
  'accounts',
  {
    id: byteOrdered('id').primaryKey(),
    name: byteOrdered('name').unique(),
    plan: text('plan').notNull(),
    email: text('email'),
    claimHash: bytes('claim_hash').unique(),
    createdAt: number('created_at').notNull(),
    expiresAt: number('expires_at'),
    filesBucketId: text('files_bucket_id').notNull(),
    storedBytes: number('stored_bytes').notNull(),
    storedObjects: number('stored_objects').notNull(),
    reservedBytes: number('reserved_bytes').notNull(),
    reservedObjects: number('reserved_objects').notNull(),
  },
  (table) => [index('accounts_expires_at').on(table.expiresAt).where(sql`${table.expiresAt} IS NOT NULL`)],
);

/** API keys, by the hash of the secret; the secret itself is not stored. */
export const keys = pgTable(
  'keys',
  {
    id: byteOrdered('id').primaryKey(),
    accountId: byteOrdered('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['putput', 'uploadkit', 'storage', 'payload'] }).notNull(),
    name: text('name'),
    prefix: text('prefix').notNull(),
    hash: bytes('hash').notNull().unique(),
    createdAt: number('created_at').notNull(),
    lastUsedAt: number('last_used_at'),
    revokedAt: number('revoked_at'),
  },
  (table) => [index('keys_account_id').on(table.accountId)],
);

export const bannedAddresses = pgTable('banned_addresses', {
  range: byteOrdered('range').primaryKey(),
  createdAt: number('created_at').notNull(),
});

/** Bytes served by the bucket API, by account and month (`2026-11`). Written in batches. */
export const accountTraffic = pgTable(
  'account_traffic',
  {
    accountId: byteOrdered('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    period: text('period').notNull(),
    requests: number('requests').notNull(),
    bytesIn: number('bytes_in').notNull(),
    bytesOut: number('bytes_out').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.period] })],
);
