import type { CallOptions, UploadOptions } from './uploading.ts';

/** The bucket API's own words (`/openapi.json`, tag "Buckets"). Times are ISO 8601, sizes bytes. */
export type Bucket = {
  name: string;
  public: boolean;
  defaultTtlSeconds: number | null;
  objectCount: number;
  sizeBytes: number;
  createdAt: string;
};

export type BucketSettings = { public?: boolean; defaultTtlSeconds?: number | null };

/** The coding that an object's bytes have; size and ETag are of the coded bytes. */
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
  /** Only where the object has this ETag, with or without quotes. */
  ifMatch?: string;
  /** `*`: only where there is none under the key. */
  ifNoneMatch?: string;
};

export type PutOptions = UploadOptions &
  Conditions & {
    type?: string;
    /** The coding that the source's bytes have already. */
    contentEncoding?: ContentEncoding;
    metadata?: Record<string, string>;
    /** Seconds, or text such as `10m`. */
    ttl?: number | string;
    /** Bytes of a part of a large object: at least 5 MiB, 8 MiB by default, more where they would be over 10,000. */
    partSize?: number;
  };

/** What the headers tell of an object. */
export type ObjectInfo = {
  headers: Headers;
  size?: number;
  mediaType: string;
  contentEncoding?: string;
  etag?: string;
  metadata: Record<string, string>;
  expiresAt?: string;
  /** SHA-256 of the whole content in base64, where the server knows it. */
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
