import type { ContentCoding } from '../coding/content-coding.ts';
import type { ObjectContent } from '../content/content.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { Swept } from '../swept.ts';

/** The description of an object, fixed before its bytes arrive. */
export type ObjectDescription = {
  bucketId: string;
  accountId: string;
  /** Unique in its bucket. */
  key: string;
  /** The id in its public URL, 32 lowercase hex digits; null if it has none. */
  publicId: string | null;
  /** The file name from the client. */
  name: string | null;
  mediaType: string;
  /** The content coding of the bytes. Size, ETag and digest are those of the coded bytes. */
  contentEncoding: ContentCoding | null;
  /** Whether anyone with the URL may read it. */
  isPublic: boolean;
  prefix: string | null;
  metadata: Record<string, unknown> | null;
  tags: string[] | null;
};

/** An object without its bytes. Times are milliseconds since the epoch, sizes bytes. */
export type StoredObject = ObjectDescription & {
  /** The position in a list, unique and opaque: only the store that made it reads it. */
  position: string;
  id: string;
  size: number;
  isText: boolean;
  etag: string;
  /** SHA-256 of the bytes in base64, if the client sent it and it was verified. */
  digest: string | null;
  createdAt: number;
  updatedAt: number;
  expiresAt: number | null;
  downloads: number;
  lastDownloadAt: number | null;
};

/** An object, with its bytes or where they are. */
export type ReadObject = { object: StoredObject; content: ObjectContent };

export type ObjectFilter = {
  /** Only objects after this position, which are older. */
  before?: string;
  /** Only objects whose file prefix starts with this. */
  prefix?: string;
  /** Only objects with this tag. */
  tag?: string;
};

/** Makes the events of an object that a write made or removed, for the outbox in the same transaction. */
export type EventFactory = (bucketName: string, object: StoredObject) => ObjectEvent[];

export type ObjectEvent = {
  event: string;
  /** Events about one subject are delivered in order. */
  subject: string;
  /** Makes the body as it is sent. Called only if a webhook receives the event. */
  body: () => string;
  /** When it happened (ms since the epoch). */
  at: number;
  /** Makes the id of one delivery. Called once for each webhook that receives the event. */
  newDeliveryId: () => string;
};

/**
 * Objects. Every promise of a write resolves only when the write is durable. A write that discards bytes updates the
 * usage of the account and adds the blobs to the journal in the same transaction.
 */
export interface ObjectStore {
  find(bucketId: string, id: string): Promise<StoredObject | undefined>;

  findByKey(bucketId: string, key: string): Promise<StoredObject | undefined>;

  /**
   * An object of a named bucket and where its bytes are, from one snapshot. It may have expired. Its downloads may be
   * outdated.
   */
  read(bucketId: string, key: string): MaybePromise<ReadObject | undefined>;

  /**
   * Up to `limit` objects of a bucket that have not expired, in the byte order of their keys.
   *
   * @param from The lower bound of the keys, inclusive.
   * @param before The upper bound of the keys, exclusive.
   */
  listByKey(
    bucketId: string,
    from: string,
    before: string | undefined,
    now: number,
    limit: number,
  ): Promise<StoredObject[]>;

  findPublic(publicId: string): Promise<StoredObject | undefined>;

  /** Where the bytes of an object are; undefined if it is gone. */
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
   * @param events The events of objects in named buckets.
   */
  expire(now: number, budget: number, events?: EventFactory): Promise<Swept>;

  earliestExpiry(): Promise<number | undefined>;
}
