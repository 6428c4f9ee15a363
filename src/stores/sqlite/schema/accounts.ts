import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { bytes } from './columns.ts';

/** Limits of plans; null for no limit. A plan without a row has the core's built-in limits. */
export const plans = sqliteTable('plans', {
  name: text('name').primaryKey(),
  maxStoredBytes: integer('max_stored_bytes'),
  maxObjectBytes: integer('max_object_bytes'),
  maxObjects: integer('max_objects'),
  lifetime: integer('lifetime'),
});

/** Usage and reservations change in the transactions that store or remove content. */
export const accounts = sqliteTable(
  'accounts',
  {
    id: text('id').primaryKey(),
    name: text('name').unique(),
    plan: text('plan').notNull(),
    email: text('email'),
    claimHash: bytes('claim_hash').unique(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
    filesBucketId: text('files_bucket_id').notNull(),
    storedBytes: integer('stored_bytes').notNull(),
    storedObjects: integer('stored_objects').notNull(),
    reservedBytes: integer('reserved_bytes').notNull(),
    reservedObjects: integer('reserved_objects').notNull(),
  },
  (table) => [index('accounts_expires_at').on(table.expiresAt).where(sql`${table.expiresAt} IS NOT NULL`)],
);

/** API keys, by the hash of the secret; the secret itself is not stored. */
export const keys = sqliteTable(
  'keys',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['putput', 'uploadkit', 'storage', 'payload'] }).notNull(),
    name: text('name'),
    prefix: text('prefix').notNull(),
    hash: bytes('hash').notNull().unique(),
    createdAt: integer('created_at').notNull(),
    lastUsedAt: integer('last_used_at'),
    revokedAt: integer('revoked_at'),
  },
  (table) => [index('keys_account_id').on(table.accountId)],
);

export const bannedAddresses = sqliteTable('banned_addresses', {
  range: text('range').primaryKey(),
  createdAt: integer('created_at').notNull(),
});

/** Bytes served by the bucket API, by account and month (`2026-11`). Written in batches. */
export const accountTraffic = sqliteTable(
  'account_traffic',
  {
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    period: text('period').notNull(),
    requests: integer('requests').notNull(),
    bytesIn: integer('bytes_in').notNull(),
    bytesOut: integer('bytes_out').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.period] })],
);
