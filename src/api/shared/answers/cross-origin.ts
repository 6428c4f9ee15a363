import { type Exchange, reply } from '../exchange.ts';

const exposed = [
  'ETag',
  'Location',
  'Retry-After',
  'Accept-Ranges',
  'Content-Range',
  'Content-Disposition',
  'Content-Encoding',
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Delete-Token',
  'X-Expires-At',
  'X-Reads-Left',
  'Idempotency-Replayed',
  'Repr-Digest',
  'Allow',
  'WWW-Authenticate',
].join(', ');

const allowedHeaders = [
  'Authorization',
  'x-api-key',
  'Content-Type',
  'Content-Encoding',
  'Idempotency-Key',
  'Content-MD5',
  'Content-Digest',
  'Repr-Digest',
  'Range',
  'If-Match',
  'If-None-Match',
  'If-Modified-Since',
  'If-Unmodified-Since',
  'If-Range',
  'X-TTL',
  'X-Max-Reads',
  'X-Delete-Token',
];

const sameOrigin = { Vary: 'Origin' };
const crossOrigin = {
  Vary: 'Origin',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': exposed,
};

const closedPath = /^\/(?:metrics|readyz|healthz)\/?$/;

/**
 * Any origin may call any API, without credentials. No origin may read the state of the server. Requests without
 * `Origin` do not get the headers, which are long and useless to them.
 */
export function crossOriginHeaders(path: string, request: Request): Record<string, string> {
  if (!request.headers.has('origin')) return sameOrigin;
  return closedPath.test(path) && !isUpload(request) ? sameOrigin : crossOrigin;
}

/** A PUT to any name at the root is an upload. */
function isUpload({ method, headers }: Request): boolean {
  return (method === 'OPTIONS' ? headers.get('access-control-request-method') : method) === 'PUT';
}

/** Lets pages of other origins read the metadata headers of a response, whose names are not in the fixed list. */
export function exposeMetadata({ headers }: Exchange, answerHeaders: Record<string, string> = {}): void {
  const exposed = headers['Access-Control-Expose-Headers'];
  if (exposed === undefined) return;
  const names = Object.keys(answerHeaders).filter((name) => name.startsWith('x-meta-'));
  headers['Access-Control-Expose-Headers'] = [exposed, ...names].join(', ');
}

/**
 * Answers a preflight. The names of metadata headers (`x-meta-*`) cannot be listed, so the requested ones are allowed
 * by name.
 */
export function preflight(exchange: Exchange): Response {
  if (closedPath.test(exchange.path) && !isUpload(exchange.request)) return reply(exchange, 204, {}, null);
  const asked = exchange.request.headers.get('access-control-request-headers') ?? '';
  const metadata = asked.split(',').map((name) => name.trim());
  const allowed = [...allowedHeaders, ...metadata.filter((name) => /^x-meta-[a-z0-9_-]+$/i.test(name))];
  return reply(
    exchange,
    204,
    {
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': allowed.join(', '),
      'access-control-max-age': '86400',
    },
    null,
  );
}
