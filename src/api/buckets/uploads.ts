import { formatTime } from '../../core/expiry.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, reply, replyJson } from '../shared/exchange.ts';
import { idempotencyKey, replayedHeader, streamIdempotencyKey } from '../shared/idempotency-key.ts';
import { given } from '../shared/list-request.ts';
import { bodyChunks, declaredLength, readSmallBody } from '../shared/request-body.ts';
import { refuseCoding } from '../shared/request-coding.ts';
import type { BucketApi } from './api.ts';
import { checksumsIn, conditionsIn } from './object-headers.ts';
import { replyWritten } from './objects.ts';
import { readCompleteUpload, readStartUpload } from './requests.ts';

/** Ten thousand parts, each with a number and an ETag (bytes). */
const longestPartsBody = 4 * 1024 * 1024;
/** A list of ten thousand objects with two members each, within an object. */
const partsBounds = { depth: 3, members: 30_010 };

/** What leads to an upload: its path, and the key where the request tells it. */
type Params = { bucket?: string; upload_id?: string; n?: string };

function referenceIn(exchange: Exchange, { bucket = '', upload_id = '' }: Params) {
  const key = given(new URL(exchange.request.url).searchParams, 'key');
  return { bucketName: bucket, uploadId: upload_id, key };
}

/** `POST /v1/buckets/{bucket}/uploads` */
export async function startUpload(
  exchange: Exchange,
  { multipartUploads }: BucketApi,
  { bucket = '' }: Params,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const body = await readSmallBody(exchange);
  const request = readStartUpload(body);
  const { key, contentType = 'application/octet-stream', contentEncoding, metadata = {}, ttl } = request;
  const { result, replayed } = await multipartUploads.start(
    account,
    bucket,
    { key, mediaType: contentType, contentEncoding, metadata, ttl },
    idempotencyKey(exchange, body),
  );
  const { id, expiresAt } = result;
  const answer = { uploadId: id, bucket, key: result.key, expiresAt: formatTime(expiresAt) };
  return replyJson(exchange, 201, answer, replayedHeader(replayed));
}

/** `PUT /v1/buckets/{bucket}/uploads/{uploadId}/parts/{n}` */
export async function putPart(exchange: Exchange, api: BucketApi, params: Params): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const { request } = exchange;
  // The coding of the whole is named when the upload starts.
  refuseCoding(request);
  const { n = '' } = params;
  const once = streamIdempotencyKey(exchange);
  const chunks = bodyChunks(exchange);
  const part = {
    number: /^\d{1,9}$/.test(n) ? Number(n) : Number.NaN,
    declaredSize: declaredLength(request),
    checksums: checksumsIn(request.headers),
    chunks: once?.content?.through(chunks) ?? chunks,
  };
  const reference = referenceIn(exchange, params);
  const { result, replayed } = await api.multipartUploads.receivePart(account, reference, part, once);
  if (!replayed) api.traffic.note(account.id, 0, result.size, 0);
  const { number, etag } = result;
  const headers = { etag: `"${etag}"`, ...replayedHeader(replayed) };
  return replyJson(exchange, 200, { partNumber: number, etag }, headers);
}

/** `POST /v1/buckets/{bucket}/uploads/{uploadId}/complete` */
export async function completeUpload(exchange: Exchange, api: BucketApi, params: Params): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const body = await readSmallBody(exchange, longestPartsBody, partsBounds);
  const parts = readCompleteUpload(body).parts.map(({ partNumber, etag }) => ({
    number: partNumber,
    etag: etag.replaceAll('"', ''),
  }));
  const reference = referenceIn(exchange, params);
  const { result, replayed } = await api.multipartCompletions.complete(
    account,
    reference,
    parts,
    conditionsIn(exchange.request.headers),
    idempotencyKey(exchange, body),
  );
  return replyWritten(exchange, reference.bucketName, result, 200, replayed);
}

/** `DELETE /v1/buckets/{bucket}/uploads/{uploadId}` */
export async function abortUpload(exchange: Exchange, api: BucketApi, params: Params): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const reference = referenceIn(exchange, params);
  const { replayed } = await api.multipartUploads.abort(account, reference, idempotencyKey(exchange));
  return reply(exchange, 204, replayedHeader(replayed), null);
}
