import { Type } from '@sinclair/typebox';
import { describeObject } from '../../../core/buckets/object-events.ts';
import { readPartsBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import type { BucketApi } from '../api.ts';
import { multipartEndpoint } from '../endpoints.ts';
import { conditionsIn, writeConditionHeaders } from '../objects/object-headers.ts';
import { headersOfWritten, written } from '../objects/written-object.ts';
import { completeUploadBody, readCompleteUpload } from '../requests.ts';
import { uploadParams, uploadPath, uploadQuery, uploadReference } from './upload-reference.ts';

const completeUpload = multipartEndpoint({
  method: 'POST',
  path: `${uploadPath}/complete`,
  operationId: 'completeObjectUpload',
  summary: 'Complete a multipart upload',
  description: 'Every part except the last must have at least 5 MiB. Parts that are not named are deleted.',
  params: uploadParams,
  query: uploadQuery,
  headers: Type.Object({ ...writeConditionHeaders, ...idempotency.requestHeaders.properties }),
  body: { schema: completeUploadBody },
  responses: { 200: written },
  errors: [404, 412],
});

export const complete = ({ multipartCompletions }: BucketApi) =>
  completeUpload.byAccount(async (exchange, account, params) => {
    const body = await readPartsBody(exchange);
    const parts = readCompleteUpload(body).parts.map(({ partNumber, etag }) => ({
      number: partNumber,
      etag: etag.replaceAll('"', ''),
    }));
    const reference = uploadReference(exchange, params);
    const conditions = conditionsIn(exchange.request.headers);
    const { result } = await writeOnce(exchange, body, (seal) =>
      multipartCompletions.complete(account, reference, parts, conditions, seal),
    );
    const { object } = result;
    const description = describeObject(params.bucket, object);
    return completeUpload.answer(exchange, 200, description, headersOfWritten(object));
  });

const abortUpload = multipartEndpoint({
  method: 'DELETE',
  path: uploadPath,
  operationId: 'abortUpload',
  summary: 'Abort a multipart upload',
  description: 'The server deletes its parts. The upload cannot be completed after that.',
  params: uploadParams,
  query: uploadQuery,
  headers: idempotency.requestHeaders,
  responses: {
    204: { description: 'Aborted.', headers: idempotency.responseHeaders },
  },
  errors: [404],
});

export const abort = ({ multipartUploads }: BucketApi) =>
  abortUpload.byAccount(async (exchange, account, params) => {
    const reference = uploadReference(exchange, params);
    await writeOnce(exchange, undefined, (seal) => multipartUploads.abort(account, reference, seal));
    return abortUpload.answer(exchange, 204, null, {});
  });
