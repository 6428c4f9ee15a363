import type { Static } from '@sinclair/typebox';
import { formatTime } from '../../core/expiry.ts';
import type { StoredObject } from '../../core/ports/buckets/object-store.ts';
import { withoutBidiControls } from '../../naming/file-name.ts';
import { contentAddress, type FileApi } from '../shared/file-api.ts';
import { fileIdOf } from '../shared/file-ids.ts';
import type { File } from './schemas.ts';

/** A stored object as a file of PutPut (docs/contract/putput.md, "Files"). */
export function fileOf(api: Pick<FileApi, 'contentUrl'>, object: StoredObject): Static<typeof File> {
  return {
    id: fileIdOf(object.id),
    original_name: withoutBidiControls(object.name ?? ''),
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
