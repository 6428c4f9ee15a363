import { type Exchange, reply } from './exchange.ts';

const exposed = [
  'ETag',
  'Location',
  'Retry-After',
  'Content-Encoding',
  'Content-Range',
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Delete-Token',
  'X-Expires-At',
  'X-Reads-Left',
  'Idempotency-Replayed',
  'Repr-Digest',
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

/**
 * Any origin may call, without credentials (wire, "CORS"). Only pages of another origin are told so: others,
 * scripts above all, have no use for the longest header of the answer.
 */
export function crossOriginHeaders(request: Headers): Record<string, string> {
  return request.has('origin') ? crossOrigin : sameOrigin;
}

/**
 * Answers a preflight. Names of metadata headers (`x-meta-*`) cannot be listed, so those that are asked for
 * are allowed by name.
 */
export function preflight(exchange: Exchange): Response {
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
