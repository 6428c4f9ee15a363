import { type TObject, Type } from '@sinclair/typebox';
import { smallBody } from '../../../core/bodies/body-memory.ts';
import type { ObjectBody, ObjectRequest } from '../../../core/buckets/bucket-objects.ts';
import { describeObject } from '../../../core/buckets/object-events.ts';
import type { ContentFingerprint } from '../../../core/content/content-fingerprint.ts';
import { readToEnd } from '../../../core/content/counted-bytes.ts';
import { invalid } from '../../../core/failure.ts';
import type { StoredAccount } from '../../../core/ports/accounts/account-store.ts';
import { bodyChunks, declaredLength, readBody } from '../../shared/bodies/request-body.ts';
import { codingOf, contentEncodingHeader } from '../../shared/bodies/request-coding.ts';
import { ttlRule } from '../../shared/endpoints/core-rules.ts';
import type { Answer, Endpoint } from '../../shared/endpoints/endpoint.ts';
import { anyBytes } from '../../shared/endpoints/endpoint-definition.ts';
import { contentFingerprint, idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { optionalText } from '../../shared/endpoints/schemas.ts';
import type { Exchange } from '../../shared/exchange.ts';
import type { BucketApi } from '../api.ts';
import { objectEndpoint } from '../endpoints.ts';
import {
  checksumHeaders,
  checksumsIn,
  conditionsIn,
  mediaTypeIn,
  metadataIn,
  writeConditionHeaders,
} from './object-headers.ts';
import { keyInPath, objectParams, objectPath } from './object-path.ts';
import { created, headersOfCreated, headersOfWritten, written } from './written-object.ts';

/** Shared with the PUT to a signed URL. */
export const upload = {
  headers: {
    'Content-Encoding': contentEncodingHeader(
      'objects',
      'The content coding. It is stored and served with the object.',
    ),
    ...writeConditionHeaders,
    ...checksumHeaders,
    ...idempotency.requestHeaders.properties,
  },
  bodyTypes: anyBytes,
  responses: { 200: written, 201: created },
} as const;

const putObject = objectEndpoint({
  ...upload,
  method: 'PUT',
  path: objectPath,
  operationId: 'putObject',
  summary: 'Upload an object',
  description:
    'Each header `x-meta-NAME` becomes metadata: at most 2048 bytes, names and values. The status is 201 if the key ' +
    'is new, and 200 if the object replaces another.',
  params: objectParams,
  headers: Type.Object({
    'x-ttl': optionalText('The TTL: seconds, or text such as 10m. By default that of the bucket.', ttlRule),
    ...upload.headers,
  }),
  errors: [404, 412, 413],
});

export const put = (api: BucketApi) =>
  putObject.byAccount(async (exchange, account, { bucket }) => {
    return storeObject(putObject, exchange, api, { account, bucket, key: keyInPath(exchange.path) });
  });

type UploadEndpoint<Id extends string> = Pick<Endpoint<Id, typeof upload.responses, TObject>, 'answer'>;
/** `maxSize` is the maximum size in bytes. */
type Destination = { account: StoredAccount; bucket: string; key: string; maxSize?: number };

/** Stores the body of a request as an object of an account. */
export async function storeObject<Id extends string>(
  endpoint: UploadEndpoint<Id>,
  exchange: Exchange,
  { bucketObjects, traffic }: BucketApi,
  { account, bucket, key, maxSize }: Destination,
): Promise<Answer<Id>> {
  const { request } = exchange;
  const { headers } = request;
  // Otherwise a part would be stored as the whole object (RFC 9110, section 14.5).
  if (headers.has('content-range')) throw invalid('Content-Range', 'is not for PUT');
  const objectRequest: ObjectRequest = {
    key,
    mediaType: mediaTypeIn(headers),
    contentEncoding: codingOf(request) ?? null,
    metadata: metadataIn(headers),
    ttl: headers.get('x-ttl') ?? undefined,
    conditions: conditionsIn(headers),
    checksums: checksumsIn(headers),
    maxSize,
  };
  const fingerprint = contentFingerprint(exchange);
  const body = bodyOf(exchange, fingerprint);
  const limit = bucketObjects.maxSize(maxSize);
  const stream = {
    content: fingerprint,
    readToEnd: body.atOnce ?? (() => readToEnd({ ...body, limit })),
  };
  const { result, replayed } = await writeOnce(exchange, stream, (seal) =>
    bucketObjects.put(account, bucket, objectRequest, body, seal),
  );
  const { object, isNew } = result;
  if (!replayed) traffic.note(account.id, 0, object.size, 0);
  const description = describeObject(bucket, object);
  return isNew
    ? endpoint.answer(exchange, 201, description, headersOfCreated(exchange, bucket, object))
    : endpoint.answer(exchange, 200, description, headersOfWritten(object));
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
    // A fingerprint has one part: either `chunks` or `atOnce` adds it.
    chunks: isSmall || fingerprint === undefined ? chunks : fingerprint.through(chunks),
    ...(isSmall && { atOnce }),
  };
}
