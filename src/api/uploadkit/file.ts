import { formatTime } from '../../core/expiry.ts';
import type { ConfirmedObject } from '../../core/objects/confirmations.ts';
import { withoutBidiControls } from '../../naming/file-name.ts';
import { contentAddress, type FileApi } from '../shared/file-api.ts';
import { fileIdOf } from '../shared/file-ids.ts';

/** An object as a file (docs/contract/uploadkit.md, "Files"). */
export function fileOf(api: Pick<FileApi, 'contentUrl'>, object: ConfirmedObject) {
  return {
    id: fileIdOf(object.id),
    key: object.key,
    name: object.name && withoutBidiControls(object.name),
    size: object.size,
    type: object.mediaType,
    url: contentAddress(api, object.key),
    status: 'UPLOADED' as const,
    createdAt: formatTime(object.createdAt),
  };
}
