import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { accounts } from './accounts.ts';

export const fileRoutes = sqliteTable(
  'file_routes',
  {
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    slug: text('slug').notNull(),
    maxSize: integer('max_size').notNull(),
    types: text('types', { mode: 'json' }).$type<string[]>().notNull(),
    webhookId: text('webhook_id').references(() => webhooks.id),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.slug] }),
    index('file_routes_webhook_id').on(table.webhookId),
  ],
);

/** Addresses that are told of events. Their secrets are not kept but derived. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    url: text('url').notNull(),
    /** What of its account it is told of; null for a webhook of a file route, which is told of its uploads alone. */
    events: text('events', { mode: 'json' }).$type<string[]>(),
    active: integer('active', { mode: 'boolean' }).notNull().default(true),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    index('webhooks_account_id').on(table.accountId),
    /** Those that were deleted and still have deliveries, which the sweep takes. */
    index('webhooks_hidden').on(table.id).where(sql`${table.events} IS NULL AND NOT ${table.active}`),
  ],
);

/** The outbox: written in the transaction of the event that it tells of. */
export const webhookDeliveries = sqliteTable(
  'webhook_deliveries',
  {
    n: integer('n').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    webhookId: text('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    event: text('event').notNull(),
    /** What the event is about: what is told of one thing goes in order. */
    subject: text('subject'),
    body: text('body').notNull(),
    status: text('status', { enum: ['pending', 'delivered', 'failed'] }).notNull(),
    attempts: integer('attempts').notNull(),
    lastStatus: integer('last_status'),
    /** When it is tried next; null once it is delivered or given up. */
    nextAttemptAt: integer('next_attempt_at'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    index('webhook_deliveries_due')
      .on(table.webhookId, table.nextAttemptAt)
      .where(sql`${table.nextAttemptAt} IS NOT NULL`),
    index('webhook_deliveries_webhook_id').on(table.webhookId),
    index('webhook_deliveries_subject')
      .on(table.webhookId, table.subject)
      .where(sql`${table.nextAttemptAt} IS NOT NULL AND ${table.subject} IS NOT NULL`),
    index('webhook_deliveries_created_at').on(table.createdAt),
  ],
);
