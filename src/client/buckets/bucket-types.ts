import type { RequestBodies, StoredObject } from '../api/buckets.ts';
import type { CallOptions, UploadOptions } from '../uploads/uploading.ts';

/** Times are ISO 8601, sizes bytes. */
export type {
  Bucket,
  BucketPage,
  DeletedObjects as BatchDeletion,
  ObjectPage,
  SignedUrl,
  StoredObject,
} from '../api/buckets.ts';

export type BucketSettings = Omit<RequestBodies['createBucket'], 'name'>;

/** The content coding of an object's bytes. Size and ETag are of the encoded bytes. */
export type ContentEncoding = NonNullable<StoredObject['contentEncoding']>;

export type PageOptions = CallOptions & { cursor?: string; limit?: number };
export type ObjectListOptions = PageOptions & { prefix?: string; delimiter?: string };

export type Conditions = {
  /** Only if the object has this ETag, with or without quotes. */
  ifMatch?: string;
  /** `*`: only if the key has no object. */
  ifNoneMatch?: string;
};

export type PutOptions = UploadOptions &
  Conditions & {
    type?: string;
    /** The content coding that the source's bytes already have. */
    contentEncoding?: ContentEncoding;
    metadata?: Record<string, string>;
    /** Seconds, or text such as `10m`. */
    ttl?: number | string;
    /** The size of a part in bytes: at least 5 MiB, by default 8 MiB, and more if there were over 10,000 parts. */
    partSize?: number;
  };

/** The headers of an object, parsed. */
export type ObjectInfo = {
  headers: Headers;
  size?: number;
  mediaType: string;
  contentEncoding?: string;
  etag?: string;
  metadata: Record<string, string>;
  expiresAt?: string;
  /** SHA-256 of the whole content in base64, if the server knows it. */
  sha256?: string;
};
export type ReadObject = ObjectInfo & { status: 200 | 206; stream: ReadableStream<Uint8Array> };

export type CopyTarget = { bucket?: string; key: string };

/** `expiresIn` is at most a week. */
export type SignOptions = Omit<RequestBodies['signUrl'], 'key'> & { contentEncoding?: ContentEncoding };
