import { formatTime } from '../../core/expiry.ts';
import { invalid } from '../../core/failure.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, replyJson } from '../shared/exchange.ts';
import { contentAddress, type FileApi, grantedAddress } from '../shared/file-api.ts';
import { fileIdOf, idInFileId } from '../shared/file-ids.ts';
import { given, listRequestIn } from '../shared/list-request.ts';
import { fileOf } from './file.ts';

/** `GET /files`: a page of the account's files, newest first. */
export async function listFiles(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'putput');
  const query = new URL(exchange.request.url).searchParams;
  // The service's client library can send it. Without projects here, the answer would be files of any.
  if (query.has('project_id')) throw invalid('project_id', 'is not supported: this server has no projects');
  const { entries, cursor } = await api.objects.list(account, {
    ...listRequestIn(query),
    prefix: given(query, 'prefix'),
    tag: given(query, 'tag'),
  });
  const files = entries.map((object) => fileOf(api, object));
  return replyJson(exchange, 200, { files, cursor, has_more: cursor !== null });
}

/** `DELETE /files/{id}`. */
export async function deleteFile(exchange: Exchange, api: FileApi, fileId: string): Promise<Response> {
  const { account } = requireCredential(exchange, 'putput');
  await api.objects.remove(await api.objects.find(account, idInFileId(fileId)));
  return replyJson(exchange, 200, { success: true });
}

/** `GET /files/{id}/download`: an address of the bytes; that of a private file is good for an hour. */
export async function downloadAddress(exchange: Exchange, api: FileApi, fileId: string): Promise<Response> {
  const { account } = requireCredential(exchange, 'putput');
  const object = await api.objects.find(account, idInFileId(fileId));
  if (object.isPublic) return replyJson(exchange, 200, { download_url: contentAddress(api, object.key) });
  const grant = api.objects.grant(object);
  return replyJson(exchange, 200, {
    download_url: grantedAddress(api, object.key, grant),
    expires_at: formatTime(grant.expiresAt),
  });
}

/** `GET /files/{id}/stats`: how often it was downloaded; the count lags by about a second. */
export async function fileStats(exchange: Exchange, api: FileApi, fileId: string): Promise<Response> {
  const { account } = requireCredential(exchange, 'putput');
  const { id, isPublic, downloads, lastDownloadAt, size, createdAt } = await api.objects.find(
    account,
    idInFileId(fileId),
  );
  return replyJson(exchange, 200, {
    id: fileIdOf(id),
    visibility: isPublic ? 'public' : 'private',
    download_count: downloads,
    last_downloaded_at: lastDownloadAt === null ? null : formatTime(lastDownloadAt),
    size_bytes: size,
    created_at: formatTime(createdAt),
  });
}
