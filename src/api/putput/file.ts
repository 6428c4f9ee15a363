import { formatTime } from '../../core/expiry.ts';
import type { StoredObject } from '../../core/ports/object-store.ts';
import { withoutBidiControls } from '../../naming/file-name.ts';
import { contentAddress, type FileApi } from '../shared/file-api.ts';
import { fileIdOf } from '../shared/file-ids.ts';

/** An object as a `File` (docs/contract/putput.md, "Files"): what is unset is null. */
export function fileOf(api: Pick<FileApi, 'contentUrl'>, object: StoredObject) {
  return {
    id: fileIdOf(object.id),
    original_name: object.name && withoutBidiControls(object.name),
    public_name: object.key,
    public_url: object.isPublic ? contentAddress(api, object.key) : null,
    content_type: object.mediaType,
    size_bytes: object.size,
    created_at: formatTime(object.createdAt),
    visibility: object.isPublic ? 'public' : 'private',
    prefix: object.prefix,
    metadata: object.metadata,
    tags: object.tags,
    download_count: object.downloads,
    short_url: null,
    expires_at: object.expiresAt === null ? null : formatTime(object.expiresAt),
  };
}
