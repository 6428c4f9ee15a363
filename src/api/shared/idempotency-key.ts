import { Type } from '@sinclair/typebox';
import { ContentFingerprint } from '../../core/content-fingerprint.ts';
import type { IdempotentRequest } from '../../core/idempotency.ts';
import type { Exchange } from './exchange.ts';
import { declaredLength } from './request-body.ts';

/** Headers that say what a write is to do, beside its body. */
const identifying =
  /^(?:content-(?:type|encoding|md5|digest)|repr-digest|x-ttl|x-max-reads|x-meta-.*|if-.*)$/;

/**
 * The Idempotency-Key of a request, if it has one. It is the account's where there is a valid credential, else the
 * address's. The method, path, query, the headers that say what it does, and the length of its body identify the
 * request, and so does the body, where that was read already.
 */
export function idempotencyKey(exchange: Exchange, body?: Uint8Array): IdempotentRequest | undefined {
  const { request, client, credential } = exchange;
  const key = request.headers.get('idempotency-key');
  if (key === null) return undefined;
  const target = new URL(request.url);
  const head = [
    request.method,
    target.pathname,
    target.search,
    body === undefined ? (declaredLength(request) ?? '') : body.length,
    ...[...request.headers].filter(([name]) => identifying.test(name)).map(headerLine),
  ].join('\n');
  return {
    scope: credential === undefined ? `address ${client}` : `account ${credential.account.id}`,
    key,
    identity: body === undefined ? head : Buffer.concat([Buffer.from(`${head}\n`), body]),
  };
}

/** The fingerprint that a streamed body is to pass through; undefined for a request without an Idempotency-Key. */
export function contentFingerprint({ request }: Exchange): ContentFingerprint | undefined {
  return request.headers.has('idempotency-key') ? new ContentFingerprint() : undefined;
}

/** As `idempotencyKey`, for a body that streams through the fingerprint of its content. */
export function streamIdempotencyKey(
  exchange: Exchange,
  content = contentFingerprint(exchange),
): IdempotentRequest | undefined {
  const once = idempotencyKey(exchange);
  return once && { ...once, content };
}

/** Clients choose another boundary for each try of the same form. */
function headerLine([name, value]: [string, string]): string {
  const isForm = name === 'content-type' && /^multipart\//i.test(value);
  return `${name}: ${isForm ? value.replace(/;\s*boundary=(?:"[^"]*"|[^;\s]*)/i, '') : value}`;
}

/** Says that an answer is the first one, sent again. */
export function replayedHeader(replayed: boolean): Record<string, string> {
  return replayed ? { 'idempotency-replayed': 'true' } : {};
}

/** The headers of writes that are safe to repeat (docs/contract/shared.md, "Idempotency"). */
export const idempotency = {
  requestHeaders: Type.Object({
    'Idempotency-Key': Type.Optional(
      Type.String({
        description: 'Makes the request safe to repeat. The server keeps the first response for 24 hours.',
        minLength: 1,
        maxLength: 255,
      }),
    ),
  }),
  responseHeaders: {
    'idempotency-replayed': Type.Optional(
      Type.String({ description: 'true if this is the first response, sent again.' }),
    ),
  },
};
