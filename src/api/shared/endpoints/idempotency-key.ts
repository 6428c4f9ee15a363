import { Type } from '@sinclair/typebox';
import { ContentFingerprint } from '../../../core/content/content-fingerprint.ts';
import type { IdempotentRequest } from '../../../core/idempotency.ts';
import { declaredLength } from '../bodies/request-body.ts';
import type { Exchange } from '../exchange.ts';
import { optionalText } from './schemas.ts';

/** Headers that determine what a write does, in addition to its body. */
const identifying =
  /^(?:content-(?:type|encoding|md5|digest)|repr-digest|x-ttl|x-max-reads|x-meta-.*|if-.*)$/;

/**
 * The idempotency key of a request, if it has one. It belongs to the account if there is a valid credential, otherwise
 * to the address. Method, path, query, the headers above, and the length of the body identify the request, and the body
 * itself does if it was already read.
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

/** The fingerprint for a streamed body; undefined for a request without an idempotency key. */
export function contentFingerprint({ request }: Exchange): ContentFingerprint | undefined {
  return request.headers.has('idempotency-key') ? new ContentFingerprint() : undefined;
}

/** Like `idempotencyKey`, for a body that is streamed through the fingerprint of its content. */
export function streamIdempotencyKey(
  exchange: Exchange,
  content = contentFingerprint(exchange),
): IdempotentRequest | undefined {
  const once = idempotencyKey(exchange);
  return once && { ...once, content };
}

/** A header for the identity, without the boundary of a form, which clients choose again for each try. */
function headerLine([name, value]: [string, string]): string {
  const isForm = name === 'content-type' && /^multipart\//i.test(value);
  return `${name}: ${isForm ? value.replace(/;\s*boundary=(?:"[^"]*"|[^;\s]*)/i, '') : value}`;
}

/** Marks a response as the first one, sent again. */
export function replayedHeader(replayed: boolean): Record<string, string> {
  return replayed ? { 'idempotency-replayed': 'true' } : {};
}

const replayed = {
  'idempotency-replayed': optionalText('true if this is the first response, sent again.'),
};

/** The headers of writes that are safe to repeat (docs/contract/shared.md, "Idempotency"). */
export const idempotency = {
  requestHeaders: Type.Object({
    'Idempotency-Key': Type.Optional(
      Type.String({
        description: 'Makes the request safe to repeat. The server keeps the first response for 24 hours.',
        minLength: 1,
        maxLength: 255,
        pattern: '^[ -~]+$',
      }),
    ),
  }),
  responseHeaders: replayed,
};

/** The response to a delete. */
export const deleted = { description: 'Deleted.', headers: replayed, name: 'Deleted' };
