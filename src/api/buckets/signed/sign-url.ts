import type { UrlGrant } from '../../../core/buckets/signed-urls.ts';
import { formatTime } from '../../../core/expiry.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { encodeKey } from '../../shared/file-api.ts';
import type { BucketApi } from '../api.ts';
import { bucketParams, bucketPath } from '../buckets/bucket-json.ts';
import { signedUrlEndpoint } from '../endpoints.ts';
import { readSign, signBody } from '../requests.ts';
import { SignedUrl } from '../schemas.ts';
import { queryOf, signedPath } from './url-grant.ts';

const signUrl = signedUrlEndpoint({
  method: 'POST',
  path: `${bucketPath}/sign`,
  operationId: 'signUrl',
  summary: 'Create a signed URL',
  description: 'The URL allows one method on one key. It needs no other credential.',
  params: bucketParams,
  headers: idempotency.requestHeaders,
  body: { schema: signBody, example: { key: 'reports/2026.pdf', method: 'GET', expiresIn: 3600 } },
  responses: {
    200: {
      description:
        'A URL that allows one operation without a key, until it expires, the bucket is deleted, or the key is revoked.',
      body: SignedUrl,
      headers: idempotency.responseHeaders,
    },
  },
  errors: [404],
});

export const sign = (api: BucketApi) =>
  signUrl.byAccount(async (exchange, account, { bucket }, key) => {
    const body = await readSmallBody(exchange);
    const request = readSign(body);
    const { result } = await writeOnce(exchange, body, async (seal?: Seal<UrlGrant>) => {
      const grant = await api.signedUrls.sign({ account, key }, bucket, request);
      if (seal) await exchange.idempotency.keep(seal(grant));
      return grant;
    });
    const url = `${api.publicUrl}${signedPath}/${bucket}/${encodeKey(request.key)}?${queryOf(result)}`;
    const signed = { url, method: result.method, expiresAt: formatTime(result.expiresAt) };
    return signUrl.answer(exchange, 200, signed, {});
  });
