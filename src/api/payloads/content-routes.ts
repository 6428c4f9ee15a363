import type { Elysia } from 'elysia';
import { formatTime } from '../../core/expiry.ts';
import { Failure } from '../../core/failure.ts';
import type { ByteRange } from '../../core/ports/blob-store.ts';
import type { StoredPayload } from '../../core/ports/payload-store.ts';
import { type Exchange, reply, varyBy, wantsPage } from '../shared/exchange.ts';
import { mountResource } from '../shared/resource.ts';
import { publicUntilExpiry, replyUserContent, type UserContent } from '../shared/user-content.ts';
import type { PayloadApi } from './api.ts';
import { rawOperation, shareOperation } from './operations.ts';
import { notFoundPage, payloadPage } from './pages.ts';
import { validatorsOf } from './validators.ts';

/** `/raw/{hash_id}`: the bytes; `/p/{hash_id}`: a page for browsers, the bytes for everything else. */
export function mountContentRoutes(app: Elysia, api: PayloadApi): void {
  mountResource(app, '/raw/:hash_id', {
    GET: { handler: (exchange, { hash_id = '' }) => raw(exchange, api, hash_id), operation: rawOperation },
  });
  mountResource(app, '/p/:hash_id', {
    GET: {
      handler: (exchange, { hash_id = '' }) => share(exchange, api, hash_id),
      operation: shareOperation,
    },
  });
}

/** What is in memory is answered without a promise. */
function raw(exchange: Exchange, api: PayloadApi, id: string): Response | Promise<Response> {
  const cached = api.payloads.atHand(id);
  if (cached) return replyBytes(exchange, api, cached);
  return api.payloads.describe(id).then((payload) => replyBytes(exchange, api, payload));
}

async function share(exchange: Exchange, api: PayloadApi, id: string): Promise<Response> {
  const asPage = wantsPage(exchange.request);
  let payload: StoredPayload;
  try {
    payload = api.payloads.atHand(id) ?? (await api.payloads.describe(id));
  } catch (error) {
    if (asPage && error instanceof Failure && error.code === 'not_found') return notFoundPage(exchange);
    throw error;
  }
  if (asPage) return payloadPage(exchange, api, payload);
  varyBy(exchange, 'Accept');
  if (payload.readsLeft === null) return replyBytes(exchange, api, payload);
  // Link previews and the like fetch share URLs unasked; only /raw takes a read.
  const notice = `This payload can be read ${times(payload.readsLeft)}. Read it at ${api.publicUrl}/raw/${id}\n`;
  return reply(
    exchange,
    200,
    { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    notice,
  );
}

function replyBytes(
  exchange: Exchange,
  api: PayloadApi,
  payload: StoredPayload,
): Response | Promise<Response> {
  if (payload.readsLeft !== null) return replyCounted(exchange, api, payload);
  const { content: stored } = payload;
  const content = contentOf(payload, publicUntilExpiry(payload.expiresAt - api.clock()));
  const open = (range?: ByteRange) =>
    stored.kind === 'inline' && range === undefined
      ? stored.data
      : api.payloads.open(payload, range).then(({ bytes }) => bytes);
  return replyUserContent(exchange, content, open);
}

const keptContents = new WeakMap<StoredPayload, UserContent>();

/** A payload as it is to be served, kept with it for as long as caching is the same. */
function contentOf(payload: StoredPayload, cacheControl: string): UserContent {
  const known = keptContents.get(payload);
  if (known?.cacheControl === cacheControl) return known;
  const content = {
    ...payload,
    cacheControl,
    validators: validatorsOf(payload),
    headers: { 'x-expires-at': formatTime(payload.expiresAt) },
    compression: known?.compression ?? (payload.content.kind === 'inline' ? { source: {} } : {}),
  };
  keptContents.set(payload, content);
  return content;
}

/** The bytes are opened first: only then is it known how many reads are left. HEAD takes none. */
async function replyCounted(
  exchange: Exchange,
  { payloads }: PayloadApi,
  described: StoredPayload,
): Promise<Response> {
  const { payload, bytes } = exchange.headOnly
    ? { payload: described, bytes: '' }
    : await payloads.open(described);
  const headers = {
    'x-expires-at': formatTime(payload.expiresAt),
    'x-reads-left': String(payload.readsLeft),
  };
  return replyUserContent(exchange, { ...payload, cacheControl: 'no-store', headers }, () => bytes);
}

function times(reads: number): string {
  return reads === 1 ? 'once' : `${reads} times`;
}
