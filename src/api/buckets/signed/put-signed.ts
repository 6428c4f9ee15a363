import { Type } from '@sinclair/typebox';
import type { UrlGrant } from '../../../core/buckets/signed-urls.ts';
import { canonicalMediaType } from '../../../core/coding/media-type.ts';
import { Failure } from '../../../core/failure.ts';
import { codingOf } from '../../shared/bodies/request-coding.ts';
import type { BucketApi } from '../api.ts';
import { signedUrlEndpoint } from '../endpoints.ts';
import { keyInSignedPath, objectParams } from '../objects/object-path.ts';
import { storeObject, upload } from '../objects/put-object.ts';
import { grantIn, putQuery, signedPath } from './url-grant.ts';

const putSigned = signedUrlEndpoint({
  ...upload,
  method: 'PUT',
  path: `${signedPath}/:bucket/*`,
  operationId: 'putObjectSigned',
  summary: 'Upload an object to a signed URL',
  description:
    'The query is part of the URL that signUrl returned. It must not change. x-ttl and x-meta-NAME are not allowed.',
  security: [],
  params: objectParams,
  query: putQuery,
  headers: Type.Object(upload.headers),
  errors: [404, 412, 413],
});

export const put = (api: BucketApi) =>
  putSigned.by(async (exchange, { bucket }) => {
    const key = keyInSignedPath(exchange.path);
    const grant = grantIn(exchange, 'PUT');
    const { account } = await api.signedUrls.open(bucket, key, grant);
    requireAsSigned(exchange.request, grant);
    api.traffic.note(account.id, 1, 0, 0);
    return storeObject(putSigned, exchange, api, { account, bucket, key, maxSize: grant.maxSize });
  });

/** Refuses headers that the signature does not cover. @throws Failure `forbidden` */
function requireAsSigned(request: Request, { contentType, contentEncoding }: UrlGrant): void {
  const { headers } = request;
  for (const name of headers.keys())
    if (name === 'x-ttl' || name.startsWith('x-meta-'))
      throw new Failure('forbidden', `The signature of the URL does not allow the header ${name}`);
  if (contentEncoding !== undefined && codingOf(request) !== contentEncoding)
    throw new Failure('forbidden', 'The Content-Encoding does not match the signature of the URL');
  if (contentType === undefined) return;
  if (canonicalMediaType(headers.get('content-type') ?? '') !== canonicalMediaType(contentType))
    throw new Failure('forbidden', 'The Content-Type does not match the signature of the URL');
}
