import { Type } from '@sinclair/typebox';
import { formatTime } from '../../../core/expiry.ts';
import { Failure } from '../../../core/failure.ts';
import type { ByteRange } from '../../../core/ports/content/blob-store.ts';
import { andThen, type MaybePromise } from '../../../core/ports/maybe-promise.ts';
import type { StoredPayload } from '../../../core/ports/payload-store.ts';
import { ifNoneMatchHeader } from '../../shared/answers/conditional.ts';
import { publicUntilExpiry, replyUserContent, type UserContent } from '../../shared/answers/user-content.ts';
import { anyBytes, partialResponses } from '../../shared/endpoints/endpoint-definition.ts';
import { optionalText } from '../../shared/endpoints/schemas.ts';
import { PayloadError } from '../../shared/endpoints/server-endpoints.ts';
import { type Exchange, reply, varyBy, wantsPage } from '../../shared/exchange.ts';
import type { PayloadApi } from '../api.ts';
import { endpoint } from '../endpoints.ts';
import { notFoundPage, payloadPage } from '../pages.ts';
import { HashId } from '../schemas.ts';
import { validatorsOf } from './validators.ts';

const bytes = {
  params: Type.Object({ hash_id: HashId }),
  headers: Type.Object({
    ...ifNoneMatchHeader,
    Range: optionalText('One range of bytes. Counted payloads have none.', { $id: 'Range.payloads' }),
  }),
  responses: {
    200: {
      description: 'The content, with headers that keep it from running in this origin.',
      types: anyBytes,
      headers: {
        etag: optionalText('Absent if reads are counted.'),
        'last-modified': optionalText('The time of creation.'),
        'x-expires-at': Type.String({ description: 'The expiry.' }),
        'x-reads-left': optionalText('The reads left after this one. Present if reads are counted.'),
      },
    },
    ...partialResponses,
  },
  errors: [404, 412, 416],
} as const;

const readRaw = endpoint({
  method: 'GET',
  path: '/raw/:hash_id',
  operationId: 'readRaw',
  summary: 'Read the bytes',
  description: 'If reads are counted, this takes one and ignores Range. `HEAD` takes none.',
  ...bytes,
});

/** Cached payloads are served without a promise. */
const raw = (api: PayloadApi) =>
  readRaw.by((exchange, { hash_id }) =>
    readRaw.pass(andThen(api.payloads.describe(hash_id), (payload) => replyBytes(exchange, api, payload))),
  );

const readShared = endpoint({
  method: 'GET',
  path: '/p/:hash_id',
  operationId: 'readShared',
  summary: 'The share URL: a page for a browser, the bytes for anything else',
  description:
    'It never takes a counted read: it returns the page, or a line that names /raw. A browser gets a page for 404, too.',
  ...bytes,
  responses: {
    ...bytes.responses,
    200: { ...bytes.responses[200], types: { ...anyBytes, 'text/html': Type.String() } },
    404: {
      description: 'The id is unknown, malformed or expired.',
      body: PayloadError,
      types: { 'text/html': Type.String() },
    },
  },
});

const share = (api: PayloadApi) =>
  readShared.by((exchange, { hash_id }) => readShared.pass(replyShared(exchange, api, hash_id)));

/** `/raw/{hash_id}`: the bytes; `/p/{hash_id}`: a page for browsers, the bytes for everything else. */
export const contentEndpoints = (api: PayloadApi) => [raw(api), share(api)];

async function replyShared(exchange: Exchange, api: PayloadApi, id: string): Promise<Response> {
  const asPage = wantsPage(exchange.request);
  let payload: StoredPayload;
  try {
    payload = await api.payloads.describe(id);
  } catch (error) {
    if (asPage && error instanceof Failure && error.code === 'not_found') return notFoundPage(exchange);
    throw error;
  }
  if (asPage) return payloadPage(exchange, api, payload);
  varyBy(exchange, 'Accept');
  if (payload.readsLeft === null) return replyBytes(exchange, api, payload);
  // Link previews fetch share URLs, so only /raw takes a read.
  const notice = `This payload can be read ${times(payload.readsLeft)}. Read it at ${api.publicUrl}/raw/${id}\n`;
  return reply(
    exchange,
    200,
    { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    notice,
  );
}

function replyBytes(exchange: Exchange, api: PayloadApi, payload: StoredPayload): MaybePromise<Response> {
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

/** The description of the content, cached with the payload for one value of Cache-Control. */
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

/** Opens the bytes first: that takes the read and returns how many are left. HEAD takes none. */
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
