import { formatTime } from '../../core/expiry.ts';
import type { BucketWithUsage } from '../../core/ports/bucket-store.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, reply, replyJson } from '../shared/exchange.ts';
import { idempotencyKey, replayedHeader } from '../shared/idempotency-key.ts';
import { listRequestIn } from '../shared/list-request.ts';
import { readSmallBody } from '../shared/request-body.ts';
import type { BucketApi } from './api.ts';
import { readCreateBucket, readUpdateBucket } from './requests.ts';

/** `POST /v1/buckets` */
export async function createBucket(exchange: Exchange, { buckets }: BucketApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const body = await readSmallBody(exchange);
  const { name, ...request } = readCreateBucket(body);
  const once = idempotencyKey(exchange, body);
  const { result, replayed } = await buckets.create(account, name, requestOf(request), once);
  return replyJson(exchange, 201, bucketOf(result), {
    location: `${exchange.basePath}/v1/buckets/${result.name}`,
    ...replayedHeader(replayed),
  });
}

/** `GET /v1/buckets` */
export async function listBuckets(exchange: Exchange, { buckets }: BucketApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const request = listRequestIn(new URL(exchange.request.url).searchParams);
  const page = await buckets.list(account, request);
  return replyJson(exchange, 200, { data: page.entries.map(bucketOf), nextCursor: page.cursor });
}

/** `GET /v1/buckets/{bucket}` */
export async function readBucket(
  exchange: Exchange,
  { buckets }: BucketApi,
  name: string,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  return replyJson(exchange, 200, bucketOf(await buckets.describe(account, name)));
}

/** `PATCH /v1/buckets/{bucket}` */
export async function updateBucket(
  exchange: Exchange,
  { buckets }: BucketApi,
  name: string,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const body = await readSmallBody(exchange);
  const request = requestOf(readUpdateBucket(body));
  const { result, replayed } = await buckets.update(account, name, request, idempotencyKey(exchange, body));
  return replyJson(exchange, 200, bucketOf(result), replayedHeader(replayed));
}

/** `DELETE /v1/buckets/{bucket}` */
export async function deleteBucket(
  exchange: Exchange,
  { buckets }: BucketApi,
  name: string,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const { replayed } = await buckets.remove(account, name, idempotencyKey(exchange));
  return reply(exchange, 204, replayedHeader(replayed), null);
}

type BucketBody = { public?: boolean; defaultTtlSeconds?: number | null };

function requestOf({ public: isPublic, defaultTtlSeconds }: BucketBody) {
  return {
    ...(isPublic !== undefined && { isPublic }),
    ...(defaultTtlSeconds !== undefined && { defaultTtlSeconds }),
  };
}

function bucketOf({ name, isPublic, defaultTtl, objectCount, sizeBytes, createdAt }: BucketWithUsage) {
  return {
    name,
    public: isPublic,
    defaultTtlSeconds: defaultTtl === null ? null : defaultTtl / 1000,
    objectCount,
    sizeBytes,
    createdAt: formatTime(createdAt),
  };
}
