import type { IdempotentRequest } from '../../core/idempotency.ts';
import type { Exchange } from './exchange.ts';
import { declaredLength } from './request-body.ts';

/** Headers that say what a write is to do, beside its body. */
const telling = /^(?:content-(?:type|md5|digest)|repr-digest|x-ttl|x-max-reads|x-meta-.*|if-.*)$/;

/**
 * The Idempotency-Key of a request, if it has one. It is the account's where there is a valid credential, else the
 * address's. The request is told from others by method, path, query and the headers that say what it does, and by
 * its body; one that streams, by the length that it announces instead.
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
    ...[...request.headers].filter(([name]) => telling.test(name)).map((header) => header.join(': ')),
  ].join('\n');
  return {
    scope: credential === undefined ? `address ${client}` : `account ${credential.account.id}`,
    key,
    identity: body === undefined ? head : Buffer.concat([Buffer.from(`${head}\n`), body]),
  };
}

/** Says that an answer is the first one, told again. */
export function replayedHeader(replayed: boolean): Record<string, string> {
  return replayed ? { 'idempotency-replayed': 'true' } : {};
}
