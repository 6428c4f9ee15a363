import type { RetryOptions } from '../connection/retry.ts';

/** The progress of an upload in bytes. `total` is missing if unknown. A part that is sent again counts from 0 again. */
export type Progress = { sent: number; total?: number };

/** An open upload in parts. It is plain data: save it as JSON, and pass it as `resume` to continue. */
export type UploadState = {
  uploadId: string;
  size: number;
  partSize: number;
  /** When it expires (ISO 8601), if the server says so. */
  expiresAt?: string;
  /** In order: the presigned URL of each part, if it has one, and the ETag of each uploaded part. */
  parts: { url?: string; etag?: string }[];
  /** For the request to complete, so that a repetition returns the same response. */
  idempotencyKey: string;
};

export type CallOptions = { signal?: AbortSignal };

/**
 * Aborting the signal aborts the upload on the server and throws the signal's reason. A failed upload in parts is
 * aborted too, unless `onUpload` was called: then it can be resumed until it expires.
 */
export type UploadOptions = RetryOptions & {
  onProgress?: (progress: Progress) => void;
  /** Called when an upload in parts starts, and after each part. */
  onUpload?: (state: UploadState) => void;
  /** The last state that `onUpload` got for the same content. */
  resume?: UploadState;
};
