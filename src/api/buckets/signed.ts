import type { UrlGrant } from '../../core/buckets/signed-urls.ts';
import { Failure } from '../../core/failure.ts';
import { canonicalMediaType } from '../../core/media-type.ts';
import type { ContentCoding } from '../../core/ports/content-coding.ts';
import type { Exchange } from '../shared/exchange.ts';
import { given } from '../shared/list-request.ts';
import { codingOf } from '../shared/request-coding.ts';
import type { BucketApi } from './api.ts';
import { keyInSignedPath } from './object-path.ts';
import { storeObject } from './objects.ts';
import { replyObject } from './reading.ts';

/** `GET` and `HEAD /signed/{bucket}/{key}` */
export async function readSigned(exchange: Exchange, api: BucketApi, name: string): Promise<Response> {
  const key = keyInSignedPath(exchange.path);
  const { bucket } = await api.signedUrls.open(name, key, grantIn(exchange, 'GET'));
  api.traffic.note(bucket.accountId, 1, 0, 0);
  return replyObject(exchange, api, bucket, key);
}

/** `PUT /signed/{bucket}/{key}` */
export async function putSigned(exchange: Exchange, api: BucketApi, name: string): Promise<Response> {
  const key = keyInSignedPath(exchange.path);
  const grant = grantIn(exchange, 'PUT');
  const { account } = await api.signedUrls.open(name, key, grant);
  requireAsSigned(exchange.request, grant);
  api.traffic.note(account.id, 1, 0, 0);
  return storeObject(exchange, api, account, name, key, grant.maxSize);
}

/** What decides about an object and was not signed is not the sender's to decide. @throws Failure `forbidden` */
function requireAsSigned(request: Request, { contentType, contentEncoding }: UrlGrant): void {
  const { headers } = request;
  for (const name of headers.keys())
    if (name === 'x-ttl' || name.startsWith('x-meta-'))
      throw new Failure('forbidden', `The URL was not signed for the header ${name}`);
  if (contentEncoding !== undefined && codingOf(request) !== contentEncoding)
    throw new Failure('forbidden', 'The Content-Encoding is not the one that the URL was signed for');
  if (contentType === undefined) return;
  if (canonicalMediaType(headers.get('content-type') ?? '') !== canonicalMediaType(contentType))
    throw new Failure('forbidden', 'The Content-Type is not the one that the URL was signed for');
}

const signedParameters = [
  'method',
  'expires',
  'key_id',
  'content_type',
  'content_encoding',
  'max_size',
  'signature',
];

/** What was signed for another method is not good for this one: the method is part of what is verified. */
function grantIn(exchange: Exchange, method: 'GET' | 'PUT'): UrlGrant {
  const query = new URL(exchange.request.url).searchParams;
  const number = (name: string) => {
    const text = query.get(name);
    return text !== null && /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
  };
  const names = [...query.keys()];
  const isAddedTo = names.some(
    (name, at) => !signedParameters.includes(name) || names.indexOf(name) !== at || query.get(name) === '',
  );
  if (isAddedTo || query.get('method') !== method)
    throw new Failure('forbidden', 'The URL was altered, has expired, or was withdrawn');
  return {
    method,
    expiresAt: number('expires') ?? 0,
    keyId: query.get('key_id') ?? '',
    contentType: given(query, 'content_type'),
    // What is no coding was not signed either.
    contentEncoding: given(query, 'content_encoding') as ContentCoding | undefined,
    maxSize: query.has('max_size') ? (number('max_size') ?? Number.NaN) : undefined,
    signature: query.get('signature') ?? '',
  };
}
