import { Type } from '@sinclair/typebox';
import { formatTime } from '../../core/expiry.ts';
import type { FileApi } from '../shared/file-api.ts';
import { fileIdOf, idInFileId } from '../shared/file-ids.ts';
import { endpoint } from './endpoints.ts';
import { FileId, FileStats } from './schemas.ts';

const fileStats = endpoint({
  method: 'GET',
  path: '/files/:id/stats',
  operationId: 'fileStats',
  summary: 'How often a file was downloaded',
  description: 'Counts reads from the first byte.',
  params: Type.Object({ id: FileId }),
  responses: { 200: { description: 'The downloads.', body: FileStats } },
  errors: [404],
});

export const stats = ({ files }: FileApi) =>
  fileStats.byAccount(async (exchange, account, params) => {
    const { id, isPublic, downloads, lastDownloadAt, size, createdAt } = await files.find(
      account,
      idInFileId(params.id),
    );
    const body = {
      id: fileIdOf(id),
      visibility: isPublic ? ('public' as const) : ('private' as const),
      download_count: downloads,
      last_downloaded_at: lastDownloadAt === null ? null : formatTime(lastDownloadAt),
      size_bytes: size,
      created_at: formatTime(createdAt),
    };
    return fileStats.answer(exchange, 200, body, {});
  });
