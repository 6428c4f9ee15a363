import type { Elysia } from 'elysia';
import type { StoredPayload } from '../../core/ports/payload-store.ts';
import {
  allowCompression,
  notModifiedHeaders,
  replyCompressible,
  varyByCoding,
} from '../shared/compression.ts';
import { isNotModified } from '../shared/conditional.ts';
import { type Exchange, reply, replyJson } from '../shared/exchange.ts';
import { idempotencyKey, replayedHeader } from '../shared/idempotency-key.ts';
import { openBody, readBody as readRequestBody } from '../shared/request-body.ts';
import { mountResource } from '../shared/resource.ts';
import { publicUntilExpiry } from '../shared/user-content.ts';
import type { PayloadApi } from './api.ts';
import { creatorOf } from './creator.ts';
import { withContent } from './incoming-content.ts';
import {
  createdBody,
  keptAnswer,
  keptBody,
  readBody,
  requireReadableAsJson,
  sharedHeaders,
} from './json-answer.ts';
import { readCreateBody } from './json-request.ts';
import { createOperation, deleteOperation, readOperation } from './operations.ts';
import { etagOf, validatorsOf } from './validators.ts';

/** `/api/v1/payloads`: docs/contract/payloads.md. */
export function mountJsonRoutes(app: Elysia, api: PayloadApi): void {
  mountResource(app, '/api/v1/payloads', {
    POST: { handler: (exchange) => create(exchange, api), operation: createOperation },
  });
  mountResource(app, '/api/v1/payloads/:hash_id', {
    GET: { handler: (exchange, { hash_id = '' }) => read(exchange, api, hash_id), operation: readOperation },
    DELETE: {
      handler: (exchange, { hash_id = '' }) => remove(exchange, api, hash_id),
      operation: deleteOperation,
    },
  });
}

/** The body is one flat object; it may have more members than are defined, so that the error names them. */
const createBounds = { depth: 1, members: 16 };

async function create(exchange: Exchange, api: PayloadApi): Promise<Response> {
  const { payloads, publicUrl } = api;
  const owner = creatorOf(exchange, api);
  // JSON escapes and base64 make content longer than it is; 64 KiB are for the other fields.
  const limit = 2 * payloads.limits.maxPayloadSize + 64 * 1024;
  const body = await readDecoded(exchange, api, limit);
  const { request, data } = readCreateBody(body);
  const once = idempotencyKey(exchange, body);
  const { result, replayed } = await payloads.create(request, data, once, owner);
  return replyJson(exchange, 201, createdBody(result, publicUrl), {
    location: `${exchange.basePath}/api/v1/payloads/${result.id}`,
    ...(result.deleteToken !== null && { 'cache-control': 'no-store' }),
    ...replayedHeader(replayed),
  });
}

function readDecoded(exchange: Exchange, api: PayloadApi, limit: number): Promise<Uint8Array> {
  if (!exchange.request.headers.has('content-encoding'))
    return readRequestBody(exchange, limit, createBounds);
  // JSON is no upload, as which `withContent` would open its body.
  openBody(exchange, false);
  return withContent(exchange, api, limit, ({ chunks }) =>
    readRequestBody(exchange, limit, createBounds, chunks),
  );
}

/** Reads are most of the work: what is at hand is answered at once, without a promise on the way. */
function read(exchange: Exchange, api: PayloadApi, id: string): Response | Promise<Response> {
  const payload = api.payloads.atHand(id);
  if (payload?.content.kind !== 'inline') return readFromStore(exchange, api, id);
  return (
    answerWithoutContent(exchange, api, payload) ?? replyInline(exchange, api, payload, payload.content.data)
  );
}

/** Answers with content that stays in memory, and whose reads are not counted. */
function replyInline(
  exchange: Exchange,
  api: PayloadApi,
  payload: StoredPayload,
  content: string | Uint8Array,
): Response {
  const answer = keptAnswer(payload);
  exchange.headers.etag = etagOf(payload);
  const headers = sharedHeaders(cachingOf(payload, api));
  return replyCompressible(exchange, headers, keptBody(answer, payload, content), answer);
}

async function readFromStore(exchange: Exchange, api: PayloadApi, id: string): Promise<Response> {
  const payload = await api.payloads.describe(id);
  const answer = answerWithoutContent(exchange, api, payload);
  if (answer) return answer;
  const { content, readsLeft } = payload;
  if (content.kind === 'inline' && readsLeft === null)
    return replyInline(exchange, api, payload, content.data);
  const body = readBody(await api.payloads.open(payload));
  if (readsLeft === null) allowCompression(exchange, payload.size);
  return reply(exchange, 200, readHeaders(payload, api), body);
}

/** 304, HEAD, or content that only `/raw` serves; undefined where the content has to be sent. */
function answerWithoutContent(
  exchange: Exchange,
  api: PayloadApi,
  payload: StoredPayload,
): Response | undefined {
  requireReadableAsJson(payload, api.payloads.limits.maxPayloadSize);
  const isConditional = payload.readsLeft === null && exchange.request.headers.has('if-none-match');
  if (isConditional && isNotModified(exchange.request.headers, validatorsOf(payload))) {
    const { content, size } = payload;
    const body = content.kind === 'inline' ? keptBody(keptAnswer(payload), payload, content.data) : undefined;
    varyByCoding(exchange, body?.length ?? size);
    return reply(exchange, 304, notModifiedHeaders(exchange, readHeaders(payload, api)), null);
  }
  // A read that is counted, or bytes from another store, are not fetched to tell their length.
  if (exchange.headOnly && (payload.readsLeft !== null || payload.content.kind !== 'inline')) {
    if (payload.readsLeft === null) allowCompression(exchange, payload.size);
    return reply(exchange, 200, readHeaders(payload, api), new ReadableStream());
  }
  return undefined;
}

function readHeaders(payload: StoredPayload, api: PayloadApi): Record<string, string> {
  if (payload.readsLeft !== null) return { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return {
    'content-type': 'application/json',
    etag: etagOf(payload),
    'cache-control': cachingOf(payload, api),
  };
}

function cachingOf({ expiresAt }: StoredPayload, { clock }: PayloadApi): string {
  return publicUntilExpiry(expiresAt - clock());
}

async function remove(exchange: Exchange, { payloads }: PayloadApi, id: string): Promise<Response> {
  const token = exchange.request.headers.get('x-delete-token') ?? undefined;
  const { replayed } = await payloads.remove(id, token, idempotencyKey(exchange));
  return reply(exchange, 204, replayedHeader(replayed), null);
}
