import type { CallOptions, UploadOptions } from './uploading.ts';

/** The JSON of the bucket API (`/openapi.json`, tag "Buckets"). Times are ISO 8601, sizes bytes. */
export type Bucket = {
  name: string;
  public: boolean;
  defaultTtlSeconds: number | null;
  objectCount: number;
  sizeBytes: number;
  createdAt: string;
};

export type BucketSettings = { public?: boolean; defaultTtlSeconds?: number | null };

/** The content coding of an object's bytes. Size and ETag are of the encoded bytes. */
export type ContentEncoding = 'gzip' | 'deflate' | 'br' | 'zstd';

export type StoredObject = {
  bucket: string;
  key: string;
  size: number;
  etag: string;
  contentType: string;
  contentEncoding: ContentEncoding | null;
  metadata: Record<string, string>;
  createdAt: string;
  updatedAt: string;
  expiresAt: string | null;
};

export type Page<Entry> = { data: Entry[]; nextCursor: string | null };
export type ObjectPage = Page<StoredObject> & { commonPrefixes?: string[] };
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
export type BatchDeletion = { deleted: string[]; errors: { key: string; code: string; message: string }[] };

export type SignOptions = {
  method: 'GET' | 'PUT';
  /** Seconds, up to a week. */
  expiresIn: number;
  contentType?: string;
  contentEncoding?: ContentEncoding;
  maxSize?: number;
};
export type SignedUrl = { url: string; method: 'GET' | 'PUT'; expiresAt: string };
