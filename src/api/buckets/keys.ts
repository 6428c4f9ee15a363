import { formatTime } from '../../core/expiry.ts';
import type { StoredKey } from '../../core/ports/account-store.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, reply, replyJson } from '../shared/exchange.ts';
import { idempotencyKey, replayedHeader } from '../shared/idempotency-key.ts';
import { listRequestIn } from '../shared/list-request.ts';
import { readSmallBody } from '../shared/request-body.ts';
import type { BucketApi } from './api.ts';
import { readCreateKey } from './requests.ts';

/** `POST /v1/keys`: the secret is told here and never again. */
export async function createKey(exchange: Exchange, { apiKeys }: BucketApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const body = await readSmallBody(exchange);
  const { name = null } = readCreateKey(body);
  const { result, replayed } = await apiKeys.issue(account, name, idempotencyKey(exchange, body));
  const answer = { ...keyOf(result.key), key: result.secret };
  return replyJson(exchange, 201, answer, { 'cache-control': 'no-store', ...replayedHeader(replayed) });
}

/** `GET /v1/keys` */
export async function listKeys(exchange: Exchange, { apiKeys }: BucketApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const page = await apiKeys.list(account, listRequestIn(new URL(exchange.request.url).searchParams));
  return replyJson(exchange, 200, { data: page.entries.map(keyOf), nextCursor: page.cursor });
}

/** `DELETE /v1/keys/{id}` */
export async function revokeKey(exchange: Exchange, { apiKeys }: BucketApi, id: string): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const { replayed } = await apiKeys.revoke(account, id, idempotencyKey(exchange));
  return reply(exchange, 204, replayedHeader(replayed), null);
}

function keyOf({ id, name, prefix, createdAt, lastUsedAt }: StoredKey) {
  return {
    id,
    name,
    prefix,
    createdAt: formatTime(createdAt),
    lastUsedAt: lastUsedAt === null ? null : formatTime(lastUsedAt),
  };
}
