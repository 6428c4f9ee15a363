import type { Static } from '@sinclair/typebox';
import { formatTime } from '../../core/expiry.ts';
import type { ConfirmedObject } from '../../core/files/confirmations.ts';
import { withoutBidiControls } from '../../naming/file-name.ts';
import { contentAddress, type FileApi } from '../shared/file-api.ts';
import { fileIdOf, idInFileId, uploadIdOf } from '../shared/file-ids.ts';
import type { UploadkitFile } from './schemas.ts';

/** A stored object as a file of UploadKit (docs/contract/uploadkit.md, "Files"). */
export function fileOf(
  api: Pick<FileApi, 'contentUrl'>,
  object: ConfirmedObject,
): Static<typeof UploadkitFile> {
  return {
    id: fileIdOf(object.id),
    key: object.key,
    name: withoutBidiControls(object.name ?? ''),
    size: object.size,
    type: object.mediaType,
    url: contentAddress(api, object.key),
    status: 'UPLOADED',
    createdAt: formatTime(object.createdAt),
  };
}

/** The core's id of an upload in parts. If the two ids do not match it is empty, which no upload has. */
export function idOfPartsUpload(fileId: string, uploadId: string): string {
  const id = idInFileId(fileId);
  return uploadIdOf(id) === uploadId ? id : '';
}
