import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { ContentCoding } from '../../../core/ports/coding/content-coding.ts';
import { accounts } from './accounts.ts';
import { textOrBytes } from './columns.ts';

/** A bucket without a name holds the files of an account. */
export const buckets = sqliteTable(
  'buckets',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    name: text('name').unique(),
    createdAt: integer('created_at').notNull(),
    /** Whether anybody can read its objects without an API key. */
    isPublic: integer('is_public', { mode: 'boolean' }).notNull().default(false),
    /** The TTL (ms) of objects without their own; null for the lifetime of the account. */
    defaultTtl: integer('default_ttl'),
    /** Usage of a bucket with a name, updated in the transactions that change it. */
    objectCount: integer('object_count').notNull().default(0),
    sizeBytes: integer('size_bytes').notNull().default(0),
  },
  (table) => [index('buckets_account_id').on(table.accountId)],
);

/** The description of an object, declared with the upload. */
const described = () => ({
  bucketId: text('bucket_id')
    .notNull()
    .references(() => buckets.id),
  /** The account of the bucket, copied for bookings. */
  accountId: text('account_id').notNull(),
  key: text('key').notNull(),
  publicId: text('public_id'),
  name: text('name'),
  mediaType: text('mime_type').notNull(),
  /** The content coding of the bytes; null for none. */
  contentEncoding: text('content_encoding').$type<ContentCoding>(),
  isPublic: integer('is_public', { mode: 'boolean' }).notNull(),
  prefix: text('prefix'),
  metadata: text('metadata', { mode: 'json' }).$type<Record<string, unknown>>(),
  tags: text('tags', { mode: 'json' }).$type<string[]>(),
});

/**
 * The bytes of small objects, in their own rows: an upload passes them to its object by number, without a second write.
 */
export const contents = sqliteTable('contents', {
  n: integer('n').primaryKey(),
  data: textOrBytes('data').notNull(),
});

/** Where the bytes are: in `contents`, in a blob, or (if both are null) in the parts with the row's id. */
const placed = () => ({
  contentN: integer('content_n'),
  blobKey: text('blob_key'),
  isText: integer('is_text', { mode: 'boolean' }).notNull(),
});

/** In the order of creation, as payloads; lists return the newest first. */
export const objects = sqliteTable(
  'objects',
  {
    n: integer('n').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    ...described(),
    ...placed(),
    size: integer('size').notNull(),
    etag: text('etag').notNull(),
    /** SHA-256 of the bytes in base64, if the client sent it and the server verified it. */
    digest: text('digest'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    expiresAt: integer('expires_at'),
    downloads: integer('downloads').notNull(),
    lastDownloadAt: integer('last_download_at'),
  },
  (table) => [
    uniqueIndex('objects_bucket_id_key').on(table.bucketId, table.key),
    // Lists of files use this order; lists of objects in buckets use the key.
    index('objects_bucket_id_n').on(table.bucketId, table.n).where(sql`${table.publicId} IS NOT NULL`),
    uniqueIndex('objects_public_id').on(table.publicId).where(sql`${table.publicId} IS NOT NULL`),
    // Covers the count of expired objects that the sweep has not removed.
    index('objects_bucket_id_expires_at')
      .on(table.bucketId, table.expiresAt, table.size)
      .where(sql`${table.expiresAt} IS NOT NULL AND ${table.publicId} IS NULL`),
    index('objects_expires_at').on(table.expiresAt).where(sql`${table.expiresAt} IS NOT NULL`),
  ],
);

/** Uploads whose bytes have not arrived, or that wait to be confirmed. */
export const uploads = sqliteTable(
  'uploads',
  {
    n: integer('n').primaryKey(),
    id: text('id').notNull().unique(),
    ...described(),
    ...placed(),
    declaredSize: integer('declared_size').notNull(),
    objectExpiresAt: integer('object_expires_at'),
    /** The TTL of the object from its completion (ms), instead of an expiry. */
    objectTtl: integer('object_ttl'),
    /** The file route that admitted the upload. */
    route: text('route'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** The blob that a client writes with a presigned URL of the blob store. */
    directKey: text('direct_key'),
    /** The blob store's own id of an upload in parts. */
    directUploadId: text('direct_upload_id'),
    /** The size of every part except the last; 0 if each part has its own, null for an upload without parts. */
    partSize: integer('part_size'),
    /** When all bytes had arrived; null before. */
    receivedAt: integer('received_at'),
  },
  (table) => [index('uploads_expires_at').on(table.expiresAt), index('uploads_bucket_id').on(table.bucketId)],
);

/** Parts of uploads, and of the objects and payloads that were uploaded in parts. */
export const parts = sqliteTable(
  'parts',
  {
    ownerId: text('owner_id').notNull(),
    number: integer('number').notNull(),
    /** Null for a part in an upload of the blob store's own. */
    blobKey: text('blob_key'),
    size: integer('size').notNull(),
    etag: text('etag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.ownerId, table.number] })],
);
