import type { CallOptions } from './uploading.ts';

/** The JSON of PutPut (docs/contract/putput.md). Times are ISO 8601, sizes bytes; −1 means no limit. */
export type Guest = {
  token: string;
  claim_url: string;
  limits: {
    storage_bytes: number;
    max_file_size_bytes: number;
    max_files: number;
    expires_at: string | null;
  };
};

type FileAttributes = {
  visibility?: 'public' | 'private';
  prefix?: string | null;
  metadata?: Record<string, string> | null;
  tags?: string[] | null;
  expires_at?: string | null;
};

export type StoredFile = {
  id: string;
  original_name: string;
  public_name: string;
  /** Null for a private file. */
  public_url: string | null;
  content_type: string;
  size_bytes: number;
  created_at: string;
  visibility: 'public' | 'private';
  prefix: string | null;
  metadata: Record<string, string> | null;
  tags: string[] | null;
  download_count: number;
  short_url: string | null;
  expires_at: string | null;
};

export type FilePage = { files: StoredFile[]; cursor: string | null; has_more: boolean };
export type FileListOptions = CallOptions & {
  cursor?: string;
  limit?: number;
  prefix?: string;
  tag?: string;
};

export type PresignOptions = FileAttributes & { filename: string; content_type: string; size_bytes: number };
export type PresignedUpload = {
  upload_id: string;
  presigned_url: string;
  public_name: string;
  expires_at: string;
};
