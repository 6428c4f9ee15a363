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

/** Webhooks of accounts and file routes. Their secrets are derived, not stored. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    url: text('url').notNull(),
    /**
     * The events that the webhook of an account listens to; null for the webhook of a file route, which receives the
     * events of its uploads.
     */
    events: text('events', { mode: 'json' }).$type<string[]>(),
    active: integer('active', { mode: 'boolean' }).notNull().default(true),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    index('webhooks_account_id').on(table.accountId),
    /** Hidden webhooks, whose deliveries the sweep removes. */
    index('webhooks_hidden').on(table.id).where(sql`${table.events} IS NULL AND NOT ${table.active}`),
  ],
);

/** The outbox: a row is written in the transaction of its event. */
export const webhookDeliveries = sqliteTable(
  'webhook_deliveries',
  {
    n: integer('n').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    webhookId: text('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    event: text('event').notNull(),
    /** The deliveries about one subject are sent in order. */
    subject: text('subject'),
    body: text('body').notNull(),
    status: text('status', { enum: ['pending', 'delivered', 'failed'] }).notNull(),
    attempts: integer('attempts').notNull(),
    lastStatus: integer('last_status'),
    /** When the next try is due; null once delivered or failed. */
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
