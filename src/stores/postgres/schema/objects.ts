import { sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { ContentCoding } from '../../../core/ports/coding/content-coding.ts';
import { accounts } from './accounts.ts';
import { byteOrdered, bytes, number, rowNumber } from './columns.ts';

/** A bucket without a name holds the files of an account. */
export const buckets = pgTable(
  'buckets',
  {
    id: byteOrdered('id').primaryKey(),
    accountId: byteOrdered('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    name: byteOrdered('name').unique(),
    createdAt: number('created_at').notNull(),
    /** Whether anybody can read its objects without an API key. */
    isPublic: boolean('is_public').notNull().default(false),
    /** The TTL (ms) of objects without their own; null for the lifetime of the account. */
    defaultTtl: number('default_ttl'),
    /** Usage of a bucket with a name, updated in the transactions that change it. */
    objectCount: number('object_count').notNull().default(0),
    sizeBytes: number('size_bytes').notNull().default(0),
  },
  (table) => [index('buckets_account_id_name').on(table.accountId, table.name)],
);

/** The description of an object, declared with the upload. */
const described = () => ({
  bucketId: byteOrdered('bucket_id')
    .notNull()
    .references(() => buckets.id),
  /** The account of the bucket, copied for bookings. */
  accountId: byteOrdered('account_id').notNull(),
  key: byteOrdered('key').notNull(),
  publicId: byteOrdered('public_id'),
  name: text('name'),
  mediaType: text('mime_type').notNull(),
  /** The content coding of the bytes; null for none. */
  contentEncoding: text('content_encoding').$type<ContentCoding>(),
  isPublic: boolean('is_public').notNull(),
  prefix: byteOrdered('prefix'),
  /** JSON, in the order of the client. */
  metadata: text('metadata'),
  tags: text('tags').array(),
});

/**
 * The bytes of small objects, in their own rows: an upload passes them to its object by number, without a second write.
 */
export const contents = pgTable('contents', {
  n: rowNumber('n'),
  data: bytes('data').notNull(),
});

/** Where the bytes are: in `contents`, in a blob, or (if both are null) in the parts with the row's id. */
const placed = () => ({
  contentN: number('content_n'),
  blobKey: text('blob_key'),
  isText: boolean('is_text').notNull(),
});

/** Lists of files return the newest first. */
export const objects = pgTable(
  'objects',
  {
    n: rowNumber('n'),
    id: byteOrdered('id').notNull().unique(),
    ...described(),
    ...placed(),
    size: number('size').notNull(),
    etag: text('etag').notNull(),
    /** SHA-256 of the bytes in base64, if the client sent it and the server verified it. */
    digest: text('digest'),
    createdAt: number('created_at').notNull(),
    updatedAt: number('updated_at').notNull(),
    expiresAt: number('expires_at'),
    downloads: number('downloads').notNull(),
    lastDownloadAt: number('last_download_at'),
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
export const uploads = pgTable(
  'uploads',
  {
    id: byteOrdered('id').primaryKey(),
    ...described(),
    ...placed(),
    declaredSize: number('declared_size').notNull(),
    objectExpiresAt: number('object_expires_at'),
    /** The TTL of the object from its completion (ms), instead of an expiry. */
    objectTtl: number('object_ttl'),
    /** The file route that admitted the upload. */
    route: text('route'),
    createdAt: number('created_at').notNull(),
    expiresAt: number('expires_at').notNull(),
    /** The blob that a client writes with a presigned URL of the blob store. */
    directKey: text('direct_key'),
    /** The blob store's own id of an upload in parts. */
    directUploadId: text('direct_upload_id'),
    /** The size of every part except the last; 0 if each part has its own, null for an upload without parts. */
    partSize: number('part_size'),
    /** When all bytes had arrived; null before. */
    receivedAt: number('received_at'),
  },
  (table) => [index('uploads_expires_at').on(table.expiresAt), index('uploads_bucket_id').on(table.bucketId)],
);

/** Sizes that uploads reserve for parts on their way to the blob store. They end when the part has arrived. */
export const partBookings = pgTable(
  'part_bookings',
  {
    id: byteOrdered('id').primaryKey(),
    uploadId: byteOrdered('upload_id')
      .notNull()
      .references(() => uploads.id, { onDelete: 'cascade' }),
  },
  (table) => [index('part_bookings_upload_id').on(table.uploadId)],
);

/** Parts of uploads, and of the objects and payloads that were uploaded in parts. */
export const parts = pgTable(
  'parts',
  {
    ownerId: byteOrdered('owner_id').notNull(),
    number: integer('number').notNull(),
    /** Null for a part in an upload of the blob store's own. */
    blobKey: text('blob_key'),
    size: number('size').notNull(),
    etag: text('etag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.ownerId, table.number] })],
);
