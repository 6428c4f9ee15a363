import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { bytes } from './columns.ts';

/** Limits of an account; null for none. Plans that are not here are as the core has them built in. */
export const plans = sqliteTable('plans', {
  name: text('name').primaryKey(),
  maxStoredBytes: integer('max_stored_bytes'),
  maxObjectBytes: integer('max_object_bytes'),
  maxObjects: integer('max_objects'),
  lifetime: integer('lifetime'),
});

/** What an account holds and has reserved is kept in the transactions that change it. */
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

/** Credentials, by the hash of the secret: the secret itself is not kept. */
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

/** What accounts had served of the bucket API, by the month (`2026-11`). Written in batches. */
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
