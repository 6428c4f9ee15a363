import type { CallOptions } from './uploading.ts';

/** The terms of a payload. What is absent is the server's to decide. */
export type PayloadOptions = CallOptions & {
  /** A file name: it is told to whoever reads, and the type follows from it where that is absent. */
  name?: string;
  /** The media type. */
  type?: string;
  /** Seconds, or text such as `10m`, `2h`, `7d`. */
  ttl?: number | string;
  /** Gone after so many reads. */
  maxReads?: number;
};

/** A payload that was just made. Times are ISO 8601. */
export type CreatedPayload = { id: string; url: string; expiresAt: string; deleteToken: string };

/** What the headers tell of a payload. */
export type PayloadInfo = {
  headers: Headers;
  /** Bytes of the whole content. `info` always tells; missing of a `get` that the server streams from several places. */
  size?: number;
  /** As it is served: a type that can run in a browser is served as text or as bytes. */
  mediaType: string;
  name?: string;
  /** The same for as long as the content is; missing where reads are counted. */
  etag?: string;
  /** Whether its reads are counted, so that reading it takes one. */
  counted: boolean;
  expiresAt?: string;
  readsLeft?: number;
};

/** First and last byte, both included. Without an end: to the last there is. */
export type ByteRange = { start: number; end?: number };

export type ReadOptions = CallOptions & {
  range?: ByteRange;
  /** The ETag of the content that the range is of: where it is another now, the whole comes. */
  ifRange?: string;
};

export type ReadPayload = PayloadInfo & {
  /** 206 where only the range came that was asked for. */
  status: 200 | 206;
  stream: ReadableStream<Uint8Array>;
};

/** A payload as JSON has it: text, or bytes where it is not valid UTF-8. */
export type PayloadContent = {
  content: string | Uint8Array<ArrayBuffer>;
  /** The type that it was given, whatever it is served as. */
  mediaType: string;
  expiresAt: string;
  readsLeft?: number;
};
