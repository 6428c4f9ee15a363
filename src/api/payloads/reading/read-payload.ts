import { type Static, Type } from '@sinclair/typebox';
import { andThen, type MaybePromise } from '../../../core/ports/maybe-promise.ts';
import type { StoredPayload } from '../../../core/ports/payload-store.ts';
import { allowCompression, notModifiedHeaders, varyByCoding } from '../../shared/answers/compression.ts';
import { ifNoneMatchHeader, isNotModified } from '../../shared/answers/conditional.ts';
import { publicUntilExpiry } from '../../shared/answers/user-content.ts';
import { asJson } from '../../shared/endpoints/endpoint.ts';
import { optionalText } from '../../shared/endpoints/schemas.ts';
import type { Exchange, KeptHeaders } from '../../shared/exchange.ts';
import type { PayloadApi } from '../api.ts';
import { endpoint } from '../endpoints.ts';
import { HashId, Payload } from '../schemas.ts';
import { keptAnswer, keptBody, readBody, requireReadableAsJson } from './json-answer.ts';
import { etagOf, validatorsOf } from './validators.ts';

const validatorHeaders = {
  etag: optionalText('Absent if reads are counted.'),
  'cache-control': Type.String({ description: 'Never beyond the expiry.' }),
};

const readPayload = endpoint({
  method: 'GET',
  path: '/api/v1/payloads/:hash_id',
  operationId: 'readPayload',
  summary: 'Read a payload as JSON',
  description: 'If reads are counted, this takes one. `HEAD` takes none.',
  params: Type.Object({ hash_id: HashId }),
  headers: Type.Object({
    ...ifNoneMatchHeader,
  }),
  responses: {
    200: {
      description: 'The payload. HEAD has the same headers and never counts as a read.',
      body: Payload,
      headers: validatorHeaders,
    },
    304: { description: 'Not modified.', headers: validatorHeaders },
  },
  errors: [404, 413],
});

type Answered = ReturnType<typeof readPayload.answer>;

/** Most requests are reads: a cached payload is returned without a promise. */
export const read = (api: PayloadApi) =>
  readPayload.by((exchange, { hash_id }) =>
    andThen(
      api.payloads.describe(hash_id),
      (payload) => answerWithoutContent(exchange, api, payload) ?? answerWithContent(exchange, api, payload),
    ),
  );

/** Keyed by Cache-Control, which has about sixty values. */
const headersByCaching = new Map<string, KeptHeaders>();

/**
 * Returns inline content whose reads are not counted. Payloads share their headers, except the ETag: a copy for each
 * would take more memory than most payloads do.
 */
function answerInline(
  exchange: Exchange,
  api: PayloadApi,
  payload: StoredPayload,
  content: string | Uint8Array,
): Answered {
  const caching = cachingOf(payload, api);
  const headers = headersByCaching.get(caching) ?? readPayload.keep({ 'cache-control': caching });
  headersByCaching.set(caching, headers);
  exchange.headers.etag = etagOf(payload);
  const answer = keptAnswer(payload);
  return readPayload.answerKept(exchange, keptBody(answer, payload, content), headers, answer);
}

function answerWithContent(
  exchange: Exchange,
  api: PayloadApi,
  payload: StoredPayload,
): MaybePromise<Answered> {
  const { content, readsLeft } = payload;
  return content.kind === 'inline' && readsLeft === null
    ? answerInline(exchange, api, payload, content.data)
    : answerOpened(exchange, api, payload);
}

async function answerOpened(exchange: Exchange, api: PayloadApi, payload: StoredPayload): Promise<Answered> {
  const { readsLeft } = payload;
  const body = readBody(await api.payloads.open(payload));
  if (readsLeft === null) allowCompression(exchange, payload.size);
  return readPayload.answer(exchange, 200, body, headersOf(payload, api));
}

/** The response for 304, HEAD, or content that only `/raw` serves; undefined if the content has to be sent. */
function answerWithoutContent(
  exchange: Exchange,
  api: PayloadApi,
  payload: StoredPayload,
): Answered | undefined {
  requireReadableAsJson(payload, api.payloads.limits.maxPayloadSize);
  const isConditional = payload.readsLeft === null && exchange.request.headers.has('if-none-match');
  if (isConditional && isNotModified(exchange.request.headers, validatorsOf(payload))) {
    const { content, size } = payload;
    const body = content.kind === 'inline' ? keptBody(keptAnswer(payload), payload, content.data) : undefined;
    varyByCoding(exchange, body?.length ?? size);
    return readPayload.answer(exchange, 304, null, notModifiedHeaders(exchange, headersOf(payload, api)));
  }
  // HEAD takes no counted read, and does not fetch bytes from another store to find their length.
  if (exchange.headOnly && (payload.readsLeft !== null || payload.content.kind !== 'inline')) {
    if (payload.readsLeft === null) allowCompression(exchange, payload.size);
    const unsent = asJson<Static<typeof Payload>, ReadableStream>(new ReadableStream());
    return readPayload.answer(exchange, 200, unsent, headersOf(payload, api));
  }
  return undefined;
}

function headersOf(payload: StoredPayload, api: PayloadApi): { etag?: string; 'cache-control': string } {
  if (payload.readsLeft !== null) return { 'cache-control': 'no-store' };
  return { etag: etagOf(payload), 'cache-control': cachingOf(payload, api) };
}

function cachingOf({ expiresAt }: StoredPayload, { clock }: PayloadApi): string {
  return publicUntilExpiry(expiresAt - clock());
}
