import type { RetryOptions } from './retry.ts';

/** How far an upload is, in bytes; `total` is missing where the length is not known. A part that is sent again counts anew. */
export type Progress = { sent: number; total?: number };

/** An upload in parts that has begun. It is plain data: keep it as JSON, and go on from it with `resume`. */
export type UploadState = {
  uploadId: string;
  size: number;
  partSize: number;
  /** Until when it can be completed (ISO 8601), where that is told. */
  expiresAt?: string;
  /** In order: where each part goes, where it has an address of its own, and its ETag once it is there. */
  parts: { url?: string; etag?: string }[];
  /** Under which it is completed, so that doing so again gives the same answer. */
  idempotencyKey: string;
};

export type CallOptions = { signal?: AbortSignal };

/**
 * Aborting by the signal throws its reason, and takes back what was sent. An upload in parts that fails otherwise is
 * taken back too, unless `onUpload` has been told of it: then it can be resumed until it expires.
 */
export type UploadOptions = RetryOptions & {
  onProgress?: (progress: Progress) => void;
  /** Told of an upload in parts when it has begun, and again after every part. */
  onUpload?: (state: UploadState) => void;
  /** What `onUpload` told last, of the same bytes. */
  resume?: UploadState;
};
