import type { CallOptions } from '../uploads/uploading.ts';

/** Times are ISO 8601, sizes bytes; −1 means no limit. */
export type {
  PutputDownload as FileDownload,
  PutputFile as StoredFile,
  PutputFilePage as FilePage,
  PutputGuest as Guest,
  PutputPresignRequest as PresignOptions,
  PutputUpload as PresignedUpload,
} from '../api/files.ts';

export type FileListOptions = CallOptions & {
  cursor?: string;
  limit?: number;
  prefix?: string;
  tag?: string;
};
