import { Type } from '@sinclair/typebox';
import { signedUrlInvalid, type UrlGrant } from '../../../core/buckets/signed-urls.ts';
import { type ContentCoding, contentCodings } from '../../../core/ports/coding/content-coding.ts';
import { mediaTypeRule } from '../../shared/endpoints/core-rules.ts';
import { searchOf } from '../../shared/endpoints/query.ts';
import { oneOf, optionalText } from '../../shared/endpoints/schemas.ts';
import type { Exchange } from '../../shared/exchange.ts';

export const signedPath = '/signed';

/** The query of a signed URL for downloads. */
export const readQuery = Type.Object({
  method: oneOf(['GET', 'PUT'], 'The method that the URL allows.'),
  expires: Type.Integer({ description: 'When the URL expires (Unix milliseconds).' }),
  key_id: Type.String({ description: 'The id of the API key that signed the URL.' }),
  signature: Type.String({ description: 'The signature of the URL.' }),
});

/** The query of a signed URL for uploads. */
export const putQuery = Type.Object({
  ...readQuery.properties,
  content_type: optionalText('The Content-Type that the body must have.', mediaTypeRule),
  // Not an enumeration: generators would give it the same name as that of the header.
  content_encoding: optionalText('The Content-Encoding that the body must have.', {
    pattern: `^(?:${contentCodings.join('|')})$`,
  }),
  max_size: Type.Optional(
    Type.Integer({ minimum: 0, description: 'The maximum size of the body in bytes.' }),
  ),
});

/** The query of a URL. */
export function queryOf(grant: UrlGrant): URLSearchParams {
  const { method, expiresAt, keyId, contentType, contentEncoding, maxSize, signature } = grant;
  return new URLSearchParams({
    method,
    expires: String(expiresAt),
    key_id: keyId,
    ...(contentType !== undefined && { content_type: contentType }),
    ...(contentEncoding !== undefined && { content_encoding: contentEncoding }),
    ...(maxSize !== undefined && { max_size: String(maxSize) }),
    signature,
  });
}

/**
 * The grant in the query of a signed URL. The signature covers the method, so that a URL for GET does not allow PUT.
 *
 * @throws Failure `forbidden` for a query that was never signed
 */
export function grantIn(exchange: Exchange, method: 'GET' | 'PUT'): UrlGrant {
  const query = searchOf(exchange.request.url);
  const number = (name: string) => {
    const text = query.get(name);
    return text !== null && /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
  };
  const names = [...query.keys()];
  const isAddedTo = names.some(
    (name, at) =>
      !Object.hasOwn(putQuery.properties, name) || names.indexOf(name) !== at || query.get(name) === '',
  );
  if (isAddedTo || query.get('method') !== method) throw signedUrlInvalid();
  return {
    method,
    expiresAt: number('expires') ?? 0,
    keyId: query.get('key_id') ?? '',
    contentType: query.get('content_type') ?? undefined,
    // Text that is not a coding was never signed.
    contentEncoding: (query.get('content_encoding') ?? undefined) as ContentCoding | undefined,
    maxSize: query.has('max_size') ? (number('max_size') ?? Number.NaN) : undefined,
    signature: query.get('signature') ?? '',
  };
}
