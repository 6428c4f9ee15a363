import type { CallOptions } from '../uploads/uploading.ts';

/** The terms of a payload. The server has defaults for all of them. */
export type PayloadOptions = CallOptions & {
  /** A file name, which readers receive. Without a type, it determines the type. */
  name?: string;
  /** The media type. */
  type?: string;
  /** Seconds, or text such as `10m`, `2h`, `7d`. */
  ttl?: number | string;
  /** The number of reads after which it is deleted. */
  maxReads?: number;
};

/** A payload that was just created. Times are ISO 8601. */
export type CreatedPayload = { id: string; url: string; expiresAt: string; deleteToken: string };

/** The headers of a payload, parsed. */
export type PayloadInfo = {
  headers: Headers;
  /** The size of the whole content. `info` always has it; `get` may lack it. */
  size?: number;
  /** The type it is served as: types that can run in a browser are served as text or as bytes. */
  mediaType: string;
  name?: string;
  /** Missing if reads are counted. */
  etag?: string;
  /** Whether its reads are counted. */
  counted: boolean;
  expiresAt?: string;
  readsLeft?: number;
};

/** The first and the last byte, both inclusive. Without an end, the range ends with the content. */
export type ByteRange = { start: number; end?: number };

export type ReadOptions = CallOptions & {
  range?: ByteRange;
  /** The ETag that the content must have for a range. Otherwise the whole content is returned. */
  ifRange?: string;
};

export type ReadPayload = PayloadInfo & {
  /** 206 if the response has only the requested range. */
  status: 200 | 206;
  stream: ReadableStream<Uint8Array>;
};

/** A payload in JSON: text, or bytes if it is not valid UTF-8. */
export type PayloadContent = {
  content: string | Uint8Array<ArrayBuffer>;
  /** The type that it was created with. */
  mediaType: string;
  expiresAt: string;
  readsLeft?: number;
};
