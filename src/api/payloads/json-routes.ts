import type { Elysia } from 'elysia';
import type { StoredPayload } from '../../core/ports/payload-store.ts';
import { isNotModified } from '../shared/conditional.ts';
import { type Exchange, reply, replyJson } from '../shared/exchange.ts';
import { readBody as readRequestBody } from '../shared/request-body.ts';
import { mountResource } from '../shared/resource.ts';
import { publicUntilExpiry } from '../shared/user-content.ts';
import type { PayloadApi } from './api.ts';
import { payloadErrors } from './errors.ts';
import { idempotencyKey, replayedHeader } from './idempotency-key.ts';
import { createdBody, readBody, requireReadableAsJson } from './json-answer.ts';
import { readCreateBody } from './json-request.ts';
import { createOperation, deleteOperation, readOperation } from './operations.ts';
import { validatorsOf } from './validators.ts';

/** `/api/v1/payloads`: seed 004. */
export function mountJsonRoutes(app: Elysia, api: PayloadApi): void {
  mountResource(app, '/api/v1/payloads', payloadErrors, {
    POST: { handler: (exchange) => create(exchange, api), operation: createOperation },
  });
  mountResource(app, '/api/v1/payloads/:hash_id', payloadErrors, {
    GET: { handler: (exchange, { hash_id = '' }) => read(exchange, api, hash_id), operation: readOperation },
    DELETE: {
      handler: (exchange, { hash_id = '' }) => remove(exchange, api, hash_id),
      operation: deleteOperation,
    },
  });
}

async function create(exchange: Exchange, { payloads, publicUrl }: PayloadApi): Promise<Response> {
  // JSON escapes and base64 make content longer than it is; 64 KiB are for the other fields.
  const body = await readRequestBody(exchange.request, 2 * payloads.limits.maxPayloadSize + 64 * 1024);
  const { request, data } = readCreateBody(body);
  const once = idempotencyKey(exchange, body);
  const { result, replayed } = await payloads.create(request, data, once);
  return replyJson(exchange, 201, createdBody(result, publicUrl), {
    location: `/api/v1/payloads/${result.id}`,
    'cache-control': 'no-store',
    ...replayedHeader(replayed),
  });
}

async function read(exchange: Exchange, api: PayloadApi, id: string): Promise<Response> {
  const payload = await api.payloads.describe(id);
  requireReadableAsJson(payload, api.payloads.limits.maxPayloadSize);
  const headers = readHeaders(payload, api);
  if (payload.readsLeft === null && isNotModified(exchange.request.headers, validatorsOf(payload)))
    return reply(exchange, 304, headers, null);
  if (exchange.headOnly) return reply(exchange, 200, headers, null);
  return reply(exchange, 200, headers, readBody(await api.payloads.open(payload)));
}

function readHeaders(payload: StoredPayload, { clock }: PayloadApi): Record<string, string> {
  const type = { 'content-type': 'application/json' };
  if (payload.readsLeft !== null) return { ...type, 'cache-control': 'no-store' };
  return {
    ...type,
    etag: validatorsOf(payload).etag,
    'cache-control': publicUntilExpiry(payload.expiresAt - clock()),
  };
}

async function remove(exchange: Exchange, { payloads }: PayloadApi, id: string): Promise<Response> {
  const token = exchange.request.headers.get('x-delete-token') ?? undefined;
  const { replayed } = await payloads.remove(id, token, idempotencyKey(exchange));
  return reply(exchange, 204, replayedHeader(replayed), null);
}
