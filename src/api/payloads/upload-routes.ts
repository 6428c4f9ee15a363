import type { Elysia } from 'elysia';
import { formatTime } from '../../core/expiry.ts';
import { type Exchange, reply, replyJson } from '../shared/exchange.ts';
import { uploadAddress } from '../shared/file-api.ts';
import { idInUploadId, uploadIdOf } from '../shared/file-ids.ts';
import { idempotencyKey, replayedHeader } from '../shared/idempotency-key.ts';
import { readSmallBody } from '../shared/request-body.ts';
import { mountResource } from '../shared/resource.ts';
import type { PayloadApi } from './api.ts';
import { creatorOf } from './creator.ts';
import { createdBody } from './json-answer.ts';
import { abortUploadOperation, beginUploadOperation, completeUploadOperation } from './upload-operations.ts';
import { readBeginUpload, readCompleteUpload } from './upload-requests.ts';

const path = '/api/v1/payloads/uploads';

/** `/api/v1/payloads/uploads`: large payloads, in parts that can be sent at once and again. */
export function mountUploadRoutes(app: Elysia, api: PayloadApi): void {
  mountResource(app, path, {
    POST: { handler: (exchange) => begin(exchange, api), operation: beginUploadOperation },
  });
  mountResource(app, `${path}/:upload_id`, {
    DELETE: {
      handler: (exchange, { upload_id = '' }) => abort(exchange, api, upload_id),
      operation: abortUploadOperation,
    },
  });
  mountResource(app, `${path}/:upload_id/complete`, {
    POST: {
      handler: (exchange, { upload_id = '' }) => complete(exchange, api, upload_id),
      operation: completeUploadOperation,
    },
  });
}

async function begin(exchange: Exchange, api: PayloadApi): Promise<Response> {
  const owner = creatorOf(exchange, api);
  const body = await readSmallBody(exchange);
  const { result, parts, replayed } = await api.payloadUploads.begin(
    readBeginUpload(body),
    idempotencyKey(exchange, body),
    owner,
  );
  const answer = {
    upload_id: uploadIdOf(result.id),
    part_size: result.partSize,
    parts: parts.map(({ number, target }) => ({ number, url: uploadAddress(api, target) })),
    expires_at: formatTime(result.expiresAt),
  };
  return replyJson(exchange, 201, answer, { 'cache-control': 'no-store', ...replayedHeader(replayed) });
}

async function complete(exchange: Exchange, api: PayloadApi, uploadId: string): Promise<Response> {
  const body = await readSmallBody(exchange);
  const { result, replayed } = await api.payloadUploads.complete(
    idInUploadId(uploadId),
    readCompleteUpload(body),
    idempotencyKey(exchange, body),
  );
  return replyJson(exchange, 201, createdBody(result, api.publicUrl), {
    location: `${exchange.basePath}/api/v1/payloads/${result.id}`,
    'cache-control': 'no-store',
    ...replayedHeader(replayed),
  });
}

async function abort(
  exchange: Exchange,
  { payloadUploads }: PayloadApi,
  uploadId: string,
): Promise<Response> {
  const { replayed } = await payloadUploads.abort(idInUploadId(uploadId), idempotencyKey(exchange));
  return reply(exchange, 204, replayedHeader(replayed), null);
}
