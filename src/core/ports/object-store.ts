import type { ObjectContent } from './content.ts';
import type { ContentCoding } from './content-coding.ts';
import type { Swept } from './swept.ts';

/** What an object is told to be before its bytes come, and is from then on. */
export type ObjectDescription = {
  bucketId: string;
  accountId: string;
  /** Unique in its bucket. */
  key: string;
  /** Part of the address at which it can be read: 32 lowercase hex digits; null where it has none. */
  publicId: string | null;
  /** The file name that it came with. */
  name: string | null;
  mediaType: string;
  /** The coding that the bytes have; size, ETag and digest are of the coded bytes. */
  contentEncoding: ContentCoding | null;
  /** Whether whoever knows the address may read it. */
  isPublic: boolean;
  prefix: string | null;
  metadata: Record<string, unknown> | null;
  tags: string[] | null;
};

/** An object, but for its bytes. Times are milliseconds since the epoch, sizes bytes. */
export type StoredObject = ObjectDescription & {
  /** Where a list goes on after this object. Opaque: only the store that made it reads it. No two objects share one. */
  position: string;
  id: string;
  size: number;
  isText: boolean;
  etag: string;
  /** SHA-256 of the bytes in base64, where the client told it and it was checked. */
  digest: string | null;
  createdAt: number;
  updatedAt: number;
  expiresAt: number | null;
  downloads: number;
  lastDownloadAt: number | null;
};

export type ObjectFilter = {
  /** Objects that follow this position, which are older. */
  before?: string;
  /** What their `prefix` begins with. */
  prefix?: string;
  /** A tag that they have. */
  tag?: string;
};

/** What webhooks are told of an object that a write made or removed, for the outbox in the same transaction. */
export type EventFactory = (bucketName: string, object: StoredObject) => ObjectEvent[];

export type ObjectEvent = {
  event: string;
  /** What is told of one subject goes in order. */
  subject: string;
  /** The body as it is sent; made only where somebody listens. */
  body: () => string;
  /** When it happened (ms since the epoch). */
  at: number;
  /** Makes the id of one delivery; called once for each webhook that the event goes to. */
  newDeliveryId: () => string;
};

/**
 * Objects. Every promise of a write resolves only when the write is durable. Writes that let go of bytes give
 * the room back to the account and enter the blobs into the journal in the same transaction.
 */
export interface ObjectStore {
  find(bucketId: string, id: string): Promise<StoredObject | undefined>;

  findByKey(bucketId: string, key: string): Promise<StoredObject | undefined>;

  /** What `read` finds, where it is in memory and needs no query; undefined says nothing. It holds for this turn. */
  cached(bucketId: string, key: string): { object: StoredObject; content: ObjectContent } | undefined;

  /** An object and where its bytes are, both of the same moment. It may have expired. */
  read(bucketId: string, key: string): Promise<{ object: StoredObject; content: ObjectContent } | undefined>;

  /**
   * Up to `limit` objects of a bucket that have not expired, by their keys in the order of bytes.
   *
   * @param from Keys that are this one or come after it.
   * @param before Keys that come before this one.
   */
  listByKey(
    bucketId: string,
    from: string,
    before: string | undefined,
    now: number,
    limit: number,
  ): Promise<StoredObject[]>;

  findPublic(publicId: string): Promise<StoredObject | undefined>;

  /** Where an object's bytes are; undefined where it is gone. */
  content(id: string): Promise<ObjectContent | undefined>;

  /** Up to `limit` objects of a bucket that have not expired, newest first. */
  list(bucketId: string, filter: ObjectFilter, now: number, limit: number): Promise<StoredObject[]>;

  /** Removes an object. @returns Whether there was one that had not expired. */
  remove(id: string, now: number): Promise<boolean>;

  /** Adds to the downloads of objects. Need not be durable at once. */
  addDownloads(downloads: { id: string; count: number; lastDownloadAt: number }[]): Promise<void>;

  /**
   * Removes about `budget` expired objects, the oldest expiry first. Need not be durable at once.
   *
   * @param events What the webhooks of an account are told of an object of a bucket.
   */
  expire(now: number, budget: number, events?: EventFactory): Promise<Swept>;

  earliestExpiry(): Promise<number | undefined>;
}
