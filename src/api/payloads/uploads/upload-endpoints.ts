import { Type } from '@sinclair/typebox';
import { formatTime } from '../../../core/expiry.ts';
import type { StoredUpload } from '../../../core/ports/files/upload-store.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { uploadAddress } from '../../shared/file-api.ts';
import { idInUploadId, uploadIdOf } from '../../shared/file-ids.ts';
import type { PayloadApi } from '../api.ts';
import { createdBody } from '../created-answer.ts';
import { creatorOf } from '../creation/creator.ts';
import { creationSecurity, endpoint } from '../endpoints.ts';
import { CreatedPayload, PayloadUpload, UploadId } from '../schemas.ts';
import {
  beginUploadBody,
  completeUploadBody,
  readBeginUpload,
  readCompleteUpload,
} from './upload-requests.ts';

/**
 * Large payloads, in parts that can be sent in parallel and repeated (docs/contract/payloads.md, "Uploads in parts").
 */

const path = '/api/v1/payloads/uploads';
const headers = Type.Object({ ...idempotency.requestHeaders.properties });
const cacheControl = { 'cache-control': Type.Literal('no-store') };

const beginUpload = endpoint({
  method: 'POST',
  path,
  operationId: 'beginPayloadUpload',
  summary: 'Begin a payload that arrives in parts',
  description:
    'PUT exactly one part to each URL; the completion needs the ETag of each response. Parts may be sent in any order and in parallel; a repeated part replaces the earlier one. Without a key, a repeat with the same Idempotency-Key begins another upload.',
  security: creationSecurity,
  headers,
  body: { schema: beginUploadBody },
  responses: {
    201: {
      description: 'The URLs of the parts.',
      body: PayloadUpload,
      headers: { ...cacheControl, ...idempotency.responseHeaders },
    },
  },
  errors: [413],
});

const begin = (api: PayloadApi) =>
  beginUpload.by(async (exchange) => {
    const owner = creatorOf(exchange, api);
    const body = await readSmallBody(exchange);
    const request = readBeginUpload(body);
    const enter = (seal?: Seal<StoredUpload>) => api.payloadUploads.begin(request, owner, seal);
    // Two clients behind one address can send the same request: the second must not replace the parts of the first.
    const isReplayed = owner !== null;
    const { result } = await writeOnce(exchange, body, enter, { isReplayed });
    const parts = await api.payloadUploads.partTargets(result);
    const upload = {
      upload_id: uploadIdOf(result.id),
      // Uploads of payloads always have parts of a fixed size.
      part_size: result.partSize as number,
      parts: parts.map(({ number, target }) => ({ number, url: uploadAddress(api, target) })),
      expires_at: formatTime(result.expiresAt),
    };
    return beginUpload.answer(exchange, 201, upload, { 'cache-control': 'no-store' });
  });

const completeUpload = endpoint({
  method: 'POST',
  path: `${path}/:upload_id/complete`,
  operationId: 'completePayloadUpload',
  summary: 'Create the payload from its parts',
  description: 'Its TTL starts here. It always has a delete token.',
  params: Type.Object({ upload_id: UploadId }),
  headers,
  body: { schema: completeUploadBody },
  responses: {
    201: {
      description: 'Created.',
      body: CreatedPayload,
      headers: {
        location: Type.String({ description: 'The path of the payload.' }),
        ...cacheControl,
        ...idempotency.responseHeaders,
      },
    },
  },
  errors: [404],
});

const complete = (api: PayloadApi) =>
  completeUpload.by(async (exchange, { upload_id }) => {
    const body = await readSmallBody(exchange);
    const [id, parts] = [idInUploadId(upload_id), readCompleteUpload(body)];
    const { result } = await writeOnce(exchange, body, (seal) =>
      api.payloadUploads.complete(id, parts, seal),
    );
    return completeUpload.answer(exchange, 201, createdBody(result, api.publicUrl), {
      location: `${exchange.basePath}/api/v1/payloads/${result.id}`,
      'cache-control': 'no-store',
    });
  });

const abortUpload = endpoint({
  method: 'DELETE',
  path: `${path}/:upload_id`,
  operationId: 'abortPayloadUpload',
  summary: 'Abort an upload and delete its parts',
  description: 'Ends an upload without a payload.',
  params: Type.Object({ upload_id: UploadId }),
  headers,
  responses: { 204: { description: 'Aborted.', headers: idempotency.responseHeaders } },
  errors: [404],
});

const abort = ({ payloadUploads }: PayloadApi) =>
  abortUpload.by(async (exchange, { upload_id }) => {
    const id = idInUploadId(upload_id);
    await writeOnce(exchange, undefined, (seal) => payloadUploads.abort(id, seal));
    return abortUpload.answer(exchange, 204, null, {});
  });

export const uploadEndpoints = (api: PayloadApi) => [begin(api), complete(api), abort(api)];
