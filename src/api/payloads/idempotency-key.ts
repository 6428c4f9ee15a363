import type { IdempotentRequest } from '../../core/idempotency.ts';
import type { Exchange } from '../shared/exchange.ts';
import { declaredLength } from '../shared/request-body.ts';

/**
 * The Idempotency-Key of a request, if it has one. The request is told from others by method, path, query and
 * content type, and by its body; one that streams, by the length and the digest that it announces instead.
 */
export function idempotencyKey(exchange: Exchange, body?: Uint8Array): IdempotentRequest | undefined {
  const { request, client } = exchange;
  const key = request.headers.get('idempotency-key');
  if (key === null) return undefined;
  const target = new URL(request.url);
  const head = [
    request.method,
    target.pathname,
    target.search,
    request.headers.get('content-type') ?? '',
    body === undefined ? (declaredLength(request) ?? '') : body.length,
    body === undefined ? (request.headers.get('repr-digest') ?? '') : '',
  ].join('\n');
  return {
    scope: `address ${client}`,
    key,
    identity: body === undefined ? head : Buffer.concat([Buffer.from(`${head}\n`), body]),
  };
}

/** Says that an answer is the first one, told again. */
export function replayedHeader(replayed: boolean): Record<string, string> {
  return replayed ? { 'idempotency-replayed': 'true' } : {};
}
