import { sql } from 'drizzle-orm';
import {
  customType,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

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

/**
 * Blob keys that no row shows: being written (until its lease ends), or to be removed. A key that a client may
 * still write to by a URL of the blob store is removed once more at `removeAgainAt`.
 */
export const blobJournal = sqliteTable(
  'blob_journal',
  {
    key: text('key').primaryKey(),
    purpose: text('purpose', { enum: ['write', 'remove'] }).notNull(),
    dueAt: integer('due_at').notNull(),
    attempts: integer('attempts').notNull(),
    removeAgainAt: integer('remove_again_at'),
    /** The blob store's own id of an upload in parts under the key, to abort it by. */
    directUploadId: text('direct_upload_id'),
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

/** A few words about the settings that the database was last served with. */
export const deployment = sqliteTable('deployment', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});

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
    kind: text('kind', { enum: ['putput', 'uploadkit', 'storage'] }).notNull(),
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

/** One without a name holds an account's files: the objects of the APIs that know no buckets. */
export const buckets = sqliteTable(
  'buckets',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    name: text('name').unique(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [index('buckets_account_id').on(table.accountId)],
);

/** What an object is told to be before its bytes come, and is from then on. */
const described = () => ({
  bucketId: text('bucket_id')
    .notNull()
    .references(() => buckets.id),
  /** That of the bucket, at hand for bookings. */
  accountId: text('account_id').notNull(),
  key: text('key').notNull(),
  publicId: text('public_id'),
  name: text('name'),
  mediaType: text('mime_type').notNull(),
  isPublic: integer('is_public', { mode: 'boolean' }).notNull(),
  prefix: text('prefix'),
  metadata: text('metadata', { mode: 'json' }).$type<Record<string, unknown>>(),
  tags: text('tags', { mode: 'json' }).$type<string[]>(),
});

/**
 * The bytes of small objects, apart from the rows that show them: an upload hands them on to its object by their
 * number, and nothing is written twice.
 */
export const contents = sqliteTable('contents', {
  n: integer('n').primaryKey(),
  data: textOrBytes('data').notNull(),
});

/** Where bytes are: in the database, in one blob, or (neither) in the parts that have the row's id. */
const placed = () => ({
  contentN: integer('content_n'),
  blobKey: text('blob_key'),
  isText: integer('is_text', { mode: 'boolean' }).notNull(),
});

/** As payloads, objects lie in the order in which they came; lists go by that order, newest first. */
export const objects = sqliteTable(
  'objects',
  {
    n: integer('n').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    ...described(),
    ...placed(),
    size: integer('size').notNull(),
    etag: text('etag').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    expiresAt: integer('expires_at'),
    downloads: integer('downloads').notNull(),
    lastDownloadAt: integer('last_download_at'),
  },
  (table) => [
    uniqueIndex('objects_bucket_id_key').on(table.bucketId, table.key),
    index('objects_bucket_id_n').on(table.bucketId, table.n),
    uniqueIndex('objects_public_id').on(table.publicId).where(sql`${table.publicId} IS NOT NULL`),
    index('objects_expires_at').on(table.expiresAt).where(sql`${table.expiresAt} IS NOT NULL`),
  ],
);

/** Objects whose bytes are yet to come, or have come and wait to be confirmed. */
export const uploads = sqliteTable(
  'uploads',
  {
    n: integer('n').primaryKey(),
    id: text('id').notNull().unique(),
    ...described(),
    ...placed(),
    declaredSize: integer('declared_size').notNull(),
    objectExpiresAt: integer('object_expires_at'),
    /** The file route that it was let in by. */
    route: text('route'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** The blob that a client writes to by a URL of the blob store. */
    directKey: text('direct_key'),
    /** The blob store's own id of an upload in parts. */
    directUploadId: text('direct_upload_id'),
    /** The size of every part but the last; null where the bytes come at once. */
    partSize: integer('part_size'),
    /** When its bytes were here; null before. */
    receivedAt: integer('received_at'),
  },
  (table) => [index('uploads_expires_at').on(table.expiresAt), index('uploads_bucket_id').on(table.bucketId)],
);

/** Content that came in parts and stays in them: those of an upload, then those of the object it became. */
export const parts = sqliteTable(
  'parts',
  {
    ownerId: text('owner_id').notNull(),
    number: integer('number').notNull(),
    blobKey: text('blob_key').notNull(),
    size: integer('size').notNull(),
    etag: text('etag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.ownerId, table.number] })],
);

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
    createdAt: integer('created_at').notNull(),
  },
  (table) => [index('webhooks_account_id').on(table.accountId)],
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
    body: text('body').notNull(),
    status: text('status', { enum: ['pending', 'delivered', 'failed'] }).notNull(),
    attempts: integer('attempts').notNull(),
    lastStatus: integer('last_status'),
    /** When it is tried next; null once it is delivered or given up. */
    nextAttemptAt: integer('next_attempt_at'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    index('webhook_deliveries_next_attempt_at')
      .on(table.nextAttemptAt, table.webhookId)
      .where(sql`${table.nextAttemptAt} IS NOT NULL`),
    index('webhook_deliveries_webhook_id').on(table.webhookId),
    index('webhook_deliveries_created_at').on(table.createdAt),
  ],
);
