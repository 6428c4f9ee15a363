import { sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { accounts } from './accounts.ts';
import { byteOrdered, number, rowNumber } from './columns.ts';

export const fileRoutes = pgTable(
  'file_routes',
  {
    accountId: byteOrdered('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    slug: byteOrdered('slug').notNull(),
    maxSize: number('max_size').notNull(),
    types: text('types').array().notNull(),
    webhookId: byteOrdered('webhook_id').references(() => webhooks.id, { onDelete: 'cascade' }),
    createdAt: number('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.slug] }),
    index('file_routes_webhook_id').on(table.webhookId),
  ],
);

/** Webhooks of accounts and file routes. Their secrets are derived, not stored. */
export const webhooks = pgTable(
  'webhooks',
  {
    id: byteOrdered('id').primaryKey(),
    accountId: byteOrdered('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    url: text('url').notNull(),
    /**
     * The events that the webhook of an account listens to; null for the webhook of a file route, which receives the
     * events of its uploads.
     */
    events: text('events').array(),
    active: boolean('active').notNull().default(true),
    createdAt: number('created_at').notNull(),
    /** Until when a process sends a delivery of it, alone; null if none does. */
    claimedUntil: number('claimed_until'),
  },
  (table) => [
    index('webhooks_account_id').on(table.accountId),
    /** Hidden webhooks, whose deliveries the sweep removes. */
    index('webhooks_hidden').on(table.id).where(sql`${table.events} IS NULL AND NOT ${table.active}`),
  ],
);

/** The outbox: a row is written in the transaction of its event. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    n: rowNumber('n'),
    id: byteOrdered('id').notNull().unique(),
    webhookId: byteOrdered('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    event: text('event').notNull(),
    /** The deliveries about one subject are sent in order. */
    subject: byteOrdered('subject'),
    body: text('body').notNull(),
    status: text('status', { enum: ['pending', 'delivered', 'failed'] }).notNull(),
    attempts: integer('attempts').notNull(),
    lastStatus: integer('last_status'),
    /** When the next try is due; null once delivered or failed. */
    nextAttemptAt: number('next_attempt_at'),
    createdAt: number('created_at').notNull(),
  },
  (table) => [
    index('webhook_deliveries_due')
      .on(table.webhookId, table.nextAttemptAt, table.n)
      .where(sql`${table.nextAttemptAt} IS NOT NULL`),
    index('webhook_deliveries_webhook_id').on(table.webhookId, table.n),
    index('webhook_deliveries_subject')
      .on(table.webhookId, table.subject, table.n)
      .where(sql`${table.nextAttemptAt} IS NOT NULL AND ${table.subject} IS NOT NULL`),
    index('webhook_deliveries_created_at').on(table.createdAt),
  ],
);
