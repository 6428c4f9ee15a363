import { formatTime } from '../../../core/expiry.ts';
import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import type { BucketApi } from '../api.ts';
import { bucketParams } from '../buckets/bucket-json.ts';
import { multipartEndpoint } from '../endpoints.ts';
import { readStartUpload, startUploadBody } from '../requests.ts';
import { MultipartUpload } from '../schemas.ts';
import { uploadsPath } from './upload-reference.ts';

const startUpload = multipartEndpoint({
  method: 'POST',
  path: uploadsPath,
  operationId: 'startUpload',
  summary: 'Start a multipart upload',
  description: 'For objects in parts, which can be sent in parallel and again.',
  params: bucketParams,
  headers: idempotency.requestHeaders,
  body: { schema: startUploadBody },
  responses: {
    201: {
      description: 'The upload. It can be completed for 24 hours.',
      body: MultipartUpload,
      headers: idempotency.responseHeaders,
    },
  },
  errors: [404],
});

export const start = ({ multipartUploads }: BucketApi) =>
  startUpload.byAccount(async (exchange, account, { bucket }) => {
    const body = await readSmallBody(exchange);
    const request = readStartUpload(body);
    const { key, contentType = 'application/octet-stream', contentEncoding, metadata = {}, ttl } = request;
    const upload = { key, mediaType: contentType, contentEncoding, metadata, ttl };
    const { result } = await writeOnce(exchange, body, (seal) =>
      multipartUploads.start(account, bucket, upload, seal),
    );
    const { id, expiresAt } = result;
    const started = { uploadId: id, bucket, key: result.key, expiresAt: formatTime(expiresAt) };
    return startUpload.answer(exchange, 201, started, {});
  });
