/**
 * In both APIs, the id of a file is `file_…` (docs/contract/putput.md, "Files"; docs/contract/uploadkit.md, "Files").
 * The core's own ids have no prefix.
 */
const fileIdPrefix = 'file_';
const uploadIdPrefix = 'upload_';

export function fileIdOf(id: string): string {
  return `${fileIdPrefix}${id}`;
}

export function uploadIdOf(id: string): string {
  return `${uploadIdPrefix}${id}`;
}

/** The core's id in a file's id; empty if it is not a file's id, so that it matches nothing. */
export function idInFileId(fileId: string): string {
  return fileId.startsWith(fileIdPrefix) ? fileId.slice(fileIdPrefix.length) : '';
}

/** The core's id in an upload's id; empty if it is not an upload's id, so that it matches nothing. */
export function idInUploadId(uploadId: string): string {
  return uploadId.startsWith(uploadIdPrefix) ? uploadId.slice(uploadIdPrefix.length) : '';
}
