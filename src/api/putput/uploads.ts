import { formatTime } from '../../core/expiry.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, replyJson } from '../shared/exchange.ts';
import { type FileApi, uploadAddress } from '../shared/file-api.ts';
import { idInUploadId, uploadIdOf } from '../shared/file-ids.ts';
import { countCall } from '../shared/rate-limits.ts';
import { readSmallBody } from '../shared/request-body.ts';
import { fileOf } from './file.ts';
import { attributesOf, readConfirmBody, readFetchBody, readPresignBody } from './requests.ts';

/** `POST /upload/presign`: reserves room for a file and tells where its bytes go. */
export async function presign(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account, key } = requireCredential(exchange, 'putput');
  await countCall(exchange, api.limits.presign, key.id, api.clock);
  const fields = readPresignBody(await readSmallBody(exchange));
  const { upload, target } = await api.uploads.reserve(account, {
    ...attributesOf(fields),
    name: fields.filename,
    mediaType: fields.content_type,
    size: fields.size_bytes,
  });
  return replyJson(exchange, 200, {
    upload_id: uploadIdOf(upload.id),
    presigned_url: uploadAddress(api, target),
    public_name: upload.key,
    expires_at: formatTime(upload.expiresAt),
  });
}

/** `POST /upload/confirm`: the bytes are there; now there is a file. */
export async function confirm(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'putput');
  const { upload_id } = readConfirmBody(await readSmallBody(exchange));
  const object = await api.confirmations.confirm(account, idInUploadId(upload_id));
  return replyJson(exchange, 200, { file: fileOf(api, object) });
}

/** `POST /upload/url`: a file of what a URL gives. */
export async function fetchUrl(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account, key } = requireCredential(exchange, 'putput');
  await countCall(exchange, api.limits.presign, key.id, api.clock);
  const fields = readFetchBody(await readSmallBody(exchange));
  const object = await api.remoteFiles.fetchFrom({ account, address: exchange.client }, fields.url, {
    ...attributesOf(fields),
    name: fields.filename,
    mediaType: fields.content_type,
  });
  return replyJson(exchange, 200, { file: fileOf(api, object) });
}
