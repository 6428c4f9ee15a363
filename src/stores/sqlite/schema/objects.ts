import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { ContentCoding } from '../../../core/ports/content-coding.ts';
import { accounts } from './accounts.ts';
import { textOrBytes } from './columns.ts';

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
    /** Whether its objects can be read without a key. */
    isPublic: integer('is_public', { mode: 'boolean' }).notNull().default(false),
    /** How long its objects live that are put without a word about it (ms); null for as long as the account. */
    defaultTtl: integer('default_ttl'),
    /** What it holds, kept in the transactions that change it; of buckets with a name. */
    objectCount: integer('object_count').notNull().default(0),
    sizeBytes: integer('size_bytes').notNull().default(0),
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
  /** The coding that the bytes have; null for none. */
  contentEncoding: text('content_encoding').$type<ContentCoding>(),
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
    /** SHA-256 of the bytes in base64, where the client told it and it was checked. */
    digest: text('digest'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    expiresAt: integer('expires_at'),
    downloads: integer('downloads').notNull(),
    lastDownloadAt: integer('last_download_at'),
  },
  (table) => [
    uniqueIndex('objects_bucket_id_key').on(table.bucketId, table.key),
    // Files are listed in that order; the objects of buckets by their keys.
    index('objects_bucket_id_n').on(table.bucketId, table.n).where(sql`${table.publicId} IS NOT NULL`),
    uniqueIndex('objects_public_id').on(table.publicId).where(sql`${table.publicId} IS NOT NULL`),
    // What of a bucket has expired and waits for the sweep, without a look at the rows.
    index('objects_bucket_id_expires_at')
      .on(table.bucketId, table.expiresAt, table.size)
      .where(sql`${table.expiresAt} IS NOT NULL AND ${table.publicId} IS NULL`),
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
    /** How long the object shall live from its completion (ms), where that is told instead. */
    objectTtl: integer('object_ttl'),
    /** The file route that it was let in by. */
    route: text('route'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** The blob that a client writes to by a URL of the blob store. */
    directKey: text('direct_key'),
    /** The blob store's own id of an upload in parts. */
    directUploadId: text('direct_upload_id'),
    /** The size of every part but the last; 0 where each has its own, null where the bytes come at once. */
    partSize: integer('part_size'),
    /** When its bytes were here; null before. */
    receivedAt: integer('received_at'),
  },
  (table) => [index('uploads_expires_at').on(table.expiresAt), index('uploads_bucket_id').on(table.bucketId)],
);

/** Content that came in parts and stays in them: those of an upload, then of the object or payload it became. */
export const parts = sqliteTable(
  'parts',
  {
    ownerId: text('owner_id').notNull(),
    number: integer('number').notNull(),
    /** Null for a part that the blob store keeps within an upload of its own. */
    blobKey: text('blob_key'),
    size: integer('size').notNull(),
    etag: text('etag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.ownerId, table.number] })],
);
