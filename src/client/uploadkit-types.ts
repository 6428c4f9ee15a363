import type { CallOptions } from './uploading.ts';

/** The JSON of UploadKit (docs/contract/uploadkit.md). Times are ISO 8601, sizes bytes. */
export type UploadkitFile = {
  id: string;
  key: string;
  name: string;
  size: number;
  type: string;
  url: string;
  status: 'UPLOADED';
  createdAt: string;
};

export type UploadkitPage = { files: UploadkitFile[]; nextCursor: string | null };
export type UploadkitListOptions = CallOptions & { cursor?: string; limit?: number };
