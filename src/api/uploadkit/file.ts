import { formatTime } from '../../core/expiry.ts';
import type { ConfirmedObject } from '../../core/objects/confirmations.ts';
import { contentAddress, type FileApi } from '../shared/file-api.ts';

const fileIdPrefix = 'file_';
const uploadIdPrefix = 'upload_';

/** An object as seed 003 has a file. */
export function fileOf(api: Pick<FileApi, 'contentUrl'>, object: ConfirmedObject) {
  return {
    id: fileIdOf(object.id),
    key: object.key,
    name: object.name,
    size: object.size,
    type: object.mediaType,
    url: contentAddress(api, object.key),
    status: 'UPLOADED' as const,
    createdAt: formatTime(object.createdAt),
  };
}

export function fileIdOf(id: string): string {
  return `${fileIdPrefix}${id}`;
}

export function uploadIdOf(id: string): string {
  return `${uploadIdPrefix}${id}`;
}

/** The core's id in a file's id; what is no file's id leads nowhere. */
export function idInFileId(fileId: string): string {
  return fileId.startsWith(fileIdPrefix) ? fileId.slice(fileIdPrefix.length) : '';
}
