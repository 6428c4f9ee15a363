import { smallBody } from '../../core/bodies/body-memory.ts';
import type { ObjectBody, ObjectRequest } from '../../core/buckets/bucket-objects.ts';
import { describeObject } from '../../core/buckets/object-events.ts';
import type { ContentFingerprint } from '../../core/content-fingerprint.ts';
import { invalid } from '../../core/failure.ts';
import type { StoredAccount } from '../../core/ports/account-store.ts';
import type { Written } from '../../core/ports/object-writes.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, reply, replyJson } from '../shared/exchange.ts';
import { encodeKey } from '../shared/file-api.ts';
import { idempotencyKey, replayedHeader, streamIdempotencyKey } from '../shared/idempotency-key.ts';
import { given, listRequestIn } from '../shared/list-request.ts';
import { bodyChunks, declaredLength, readBody, readSmallBody } from '../shared/request-body.ts';
import { codingOf } from '../shared/request-coding.ts';
import type { BucketApi } from './api.ts';
import { codeOf } from './errors.ts';
import { checksumsIn, conditionsIn, mediaTypeIn, metadataIn } from './object-headers.ts';
import { keyInCopyPath, keyInPath } from './object-path.ts';
import { readBatchDelete, readCopy } from './requests.ts';

/** A thousand keys, escaped at their longest (bytes). */
const longestKeysBody = 8 * 1024 * 1024;
/** A list of a thousand keys within an object. */
const keysBounds = { depth: 2, members: 1010 };

/** `PUT /v1/buckets/{bucket}/objects/{key}` */
export async function putObject(exchange: Exchange, api: BucketApi, bucket: string): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  return storeObject(exchange, api, account, bucket, keyInPath(exchange.path));
}

/** Stores the body of a request for an account, whoever sends it. @param most The most bytes of it. */
export async function storeObject(
  exchange: Exchange,
  api: BucketApi,
  account: StoredAccount,
  bucket: string,
  key: string,
  most?: number,
): Promise<Response> {
  const { request } = exchange;
  const { headers } = request;
  // A part of an object would be taken for all of it (RFC 9110, section 14.5).
  if (headers.has('content-range')) throw invalid('Content-Range', 'is not for PUT');
  const objectRequest: ObjectRequest = {
    key,
    mediaType: mediaTypeIn(headers),
    contentEncoding: codingOf(request) ?? null,
    metadata: metadataIn(headers),
    ttl: headers.get('x-ttl') ?? undefined,
    conditions: conditionsIn(headers),
    checksums: checksumsIn(headers),
    most,
  };
  const once = streamIdempotencyKey(exchange);
  const body = bodyOf(exchange, once?.content);
  const { result, replayed } = await api.bucketObjects.put(account, bucket, objectRequest, body, once);
  if (!replayed) api.traffic.note(account.id, 0, result.object.size, 0);
  return replyWritten(exchange, bucket, result, result.isNew ? 201 : 200, replayed);
}

function bodyOf(exchange: Exchange, fingerprint: ContentFingerprint | undefined): ObjectBody {
  const declaredSize = declaredLength(exchange.request);
  const isSmall = declaredSize !== undefined && declaredSize <= smallBody;
  const chunks = bodyChunks(exchange);
  const atOnce = async () => {
    const bytes = await readBody(exchange, smallBody);
    fingerprint?.beginPart().update(bytes);
    return bytes;
  };
  return {
    declaredSize,
    // A fingerprint has one part, whichever of the two is read.
    chunks: isSmall || fingerprint === undefined ? chunks : fingerprint.through(chunks),
    ...(isSmall && { atOnce }),
  };
}

/** Tells of an object that was written. */
export function replyWritten(
  exchange: Exchange,
  bucket: string,
  { object }: Written,
  status: 200 | 201,
  replayed: boolean,
): Response {
  return replyJson(exchange, status, describeObject(bucket, object), {
    etag: `"${object.etag}"`,
    ...(status === 201 && {
      location: `${exchange.basePath}/v1/buckets/${bucket}/objects/${encodeKey(object.key)}`,
    }),
    ...replayedHeader(replayed),
  });
}

/** `DELETE /v1/buckets/{bucket}/objects/{key}` */
export async function deleteObject(exchange: Exchange, api: BucketApi, bucket: string): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const key = keyInPath(exchange.path);
  const conditions = conditionsIn(exchange.request.headers);
  const once = idempotencyKey(exchange);
  const { replayed } = await api.bucketObjects.remove(account, bucket, key, conditions, once);
  return reply(exchange, 204, replayedHeader(replayed), null);
}

/** `POST /v1/buckets/{bucket}/objects/{key}/copy`; any other path of objects takes no POST. */
export async function copyObject(
  exchange: Exchange,
  api: BucketApi,
  bucket: string,
  allowed: string,
): Promise<Response> {
  const key = keyInCopyPath(exchange.path);
  if (key === undefined) return exchange.errors.methodNotAllowed(exchange, allowed);
  const { account } = requireCredential(exchange, 'storage');
  const body = await readSmallBody(exchange);
  const { destinationBucket = bucket, destinationKey } = readCopy(body);
  const conditions = conditionsIn(exchange.request.headers);
  const { result, replayed } = await api.objectCopies.copy(
    account,
    { bucketName: bucket, key },
    { bucketName: destinationBucket, key: destinationKey, conditions },
    idempotencyKey(exchange, body),
  );
  return replyWritten(exchange, destinationBucket, result, 201, replayed);
}

/** `POST /v1/buckets/{bucket}/objects/batch-delete` */
export async function deleteObjects(
  exchange: Exchange,
  { bucketObjects }: BucketApi,
  bucket: string,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const body = await readSmallBody(exchange, longestKeysBody, keysBounds);
  const { keys } = readBatchDelete(body);
  const once = idempotencyKey(exchange, body);
  const { result, replayed } = await bucketObjects.removeMany(account, bucket, keys, once);
  const errors = result.failures.map(({ key, code, message }) => ({ key, code: codeOf(code), message }));
  return replyJson(exchange, 200, { deleted: result.deleted, errors }, replayedHeader(replayed));
}

/** `GET /v1/buckets/{bucket}/objects` */
export async function listObjects(exchange: Exchange, api: BucketApi, bucket: string): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const query = new URL(exchange.request.url).searchParams;
  const found = await api.buckets.find(account, bucket);
  const { objects, commonPrefixes, cursor } = await api.objectLists.list(found, {
    ...listRequestIn(query),
    prefix: given(query, 'prefix'),
    delimiter: given(query, 'delimiter'),
  });
  return replyJson(exchange, 200, {
    data: objects.map((object) => describeObject(bucket, object)),
    ...(commonPrefixes && { commonPrefixes }),
    nextCursor: cursor,
  });
}
