import { Type } from '@sinclair/typebox';
import { Failure } from '../../core/failure.ts';
import { bodyChunks, declaredLength } from '../shared/bodies/request-body.ts';
import { codingOf, contentEncodingHeader } from '../shared/bodies/request-coding.ts';
import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { anyBytes } from '../shared/endpoints/endpoint-definition.ts';
import { searchOf } from '../shared/endpoints/query.ts';
import { type FileApi, signedUploadsPath } from '../shared/file-api.ts';
import { countCall } from '../shared/rate-limits.ts';
import { expires, wholeNumber } from './signed-query.ts';

/** The shape of errors at a presigned URL (docs/contract/buckets.md, "Errors"). */
const PresignedUrlError = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      requestId: Type.String(),
      docsUrl: Type.String({ format: 'uri' }),
    }),
  },
  { $id: 'PresignedUrlError', description: 'An error.' },
);
const endpoint = endpointsOf({ tag: 'files', error: PresignedUrlError });

const putSigned = endpoint({
  method: 'PUT',
  path: `${signedUploadsPath}/:upload_id`,
  operationId: 'putSigned',
  summary: 'Upload the content of a file, or a part of it, to its presigned URL',
  description: 'The Content-Type and the length must be those that were presigned.',
  params: Type.Object({
    upload_id: Type.String({ $id: 'signed_upload_id', description: 'The id of the upload.' }),
  }),
  query: Type.Object({
    part: Type.Optional(
      Type.Integer({ description: 'The number of the part of an upload in parts.', minimum: 1 }),
    ),
    expires,
    signature: Type.String({ description: 'The signature of the URL.' }),
  }),
  headers: Type.Object({
    'Content-Encoding': contentEncodingHeader(
      'files',
      'The content coding. It is stored and served with the file. Parts have none.',
    ),
  }),
  bodyTypes: anyBytes,
  responses: {
    200: {
      description: 'The content was received.',
      headers: {
        etag: Type.String({ description: 'The ETag of the content or the part.' }),
        'cache-control': Type.String({ description: 'no-store.' }),
      },
    },
  },
  errors: [507],
});

export const put = (api: FileApi) =>
  putSigned.by(async (exchange, { upload_id: uploadId }) => {
    const { request } = exchange;
    const query = searchOf(request.url);
    const part = query.get('part');
    const grant = {
      uploadId,
      part: part === null ? null : wholeNumber(part),
      expiresAt: wholeNumber(query.get('expires')),
      signature: query.get('signature') ?? '',
    };
    const incoming = {
      mediaType: request.headers.get('content-type') ?? undefined,
      contentEncoding: codingOf(request) ?? null,
      declaredSize: declaredLength(request),
      chunks: bodyChunks(exchange),
    };
    const count = () => countCall(exchange, api.limits.address, exchange.client, api.clock);
    // The first PUT was counted when its URL was presigned; repeated ones count against the client address.
    const admit = async () => {
      const verdict = await api.limits.put?.consume(`${uploadId} ${grant.part ?? ''}`);
      if (verdict?.allowed === false) await count();
    };
    const etag = await api.receiver.receive(grant, incoming, admit).catch(async (error: unknown) => {
      if (error instanceof Failure && error.code === 'forbidden') await count();
      throw error;
    });
    return putSigned.answer(exchange, 200, null, { etag: `"${etag}"`, 'cache-control': 'no-store' });
  });
