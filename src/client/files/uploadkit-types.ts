import type { CallOptions } from '../uploads/uploading.ts';

/** Times are ISO 8601, sizes bytes. */
export type { UploadkitFile, UploadkitFilePage as UploadkitPage } from '../api/files.ts';

export type UploadkitListOptions = CallOptions & { cursor?: string; limit?: number };
