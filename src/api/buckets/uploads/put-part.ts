import { Type } from '@sinclair/typebox';
import { maxPartSize } from '../../../core/buckets/multipart-uploads.ts';
import { readToEnd } from '../../../core/content/counted-bytes.ts';
import { bodyChunks, declaredLength } from '../../shared/bodies/request-body.ts';
import { refuseCoding } from '../../shared/bodies/request-coding.ts';
import { anyBytes } from '../../shared/endpoints/endpoint-definition.ts';
import { contentFingerprint, idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { integerIn } from '../../shared/endpoints/query.ts';
import type { BucketApi } from '../api.ts';
import { multipartEndpoint } from '../endpoints.ts';
import { checksumHeaders, checksumsIn } from '../objects/object-headers.ts';
import { ReceivedPart } from '../schemas.ts';
import { uploadParams, uploadPath, uploadQuery, uploadReference } from './upload-reference.ts';

const putPart = multipartEndpoint({
  method: 'PUT',
  path: `${uploadPath}/parts/:n`,
  operationId: 'putPart',
  summary: 'Upload a part',
  description:
    'Parts can be sent in any order and in parallel. A part that is sent again replaces the earlier one. ' +
    'Content-Length is required. Content-Encoding is refused: the request that starts the upload has the coding of ' +
    'the object.',
  params: Type.Object({
    ...uploadParams.properties,
    n: Type.Unsafe<string>({
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      description: 'The number of the part.',
    }),
  }),
  query: uploadQuery,
  headers: Type.Object({ ...checksumHeaders, ...idempotency.requestHeaders.properties }),
  bodyTypes: anyBytes,
  responses: {
    200: {
      description: 'The part was received.',
      body: ReceivedPart,
      headers: {
        etag: Type.String({ description: 'The ETag of the part.' }),
        ...idempotency.responseHeaders,
      },
    },
  },
  errors: [404, 413],
});

export const put = ({ multipartUploads, traffic }: BucketApi) =>
  putPart.byAccount(async (exchange, account, params) => {
    const { request } = exchange;
    refuseCoding(request);
    const fingerprint = contentFingerprint(exchange);
    const body = bodyChunks(exchange);
    const chunks = fingerprint?.through(body) ?? body;
    const declaredSize = declaredLength(request);
    const part = {
      number: integerIn(params.n),
      declaredSize,
      checksums: checksumsIn(request.headers),
      chunks,
    };
    const reference = uploadReference(exchange, params);
    const stream = {
      content: fingerprint,
      readToEnd: () => readToEnd({ chunks, declaredSize, limit: maxPartSize }),
    };
    const { result, replayed } = await writeOnce(exchange, stream, (seal) =>
      multipartUploads.receivePart(account, reference, part, seal),
    );
    const { number, etag, size } = result;
    if (!replayed) traffic.note(account.id, 0, size, 0);
    return putPart.answer(exchange, 200, { partNumber: number, etag }, { etag: `"${etag}"` });
  });
