import { type Exchange, reply } from './exchange.ts';

const exposed = [
  'ETag',
  'Location',
  'Retry-After',
  'Content-Range',
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Delete-Token',
  'X-Expires-At',
  'Idempotency-Replayed',
].join(', ');

const allowedHeaders = [
  'Authorization',
  'x-api-key',
  'Content-Type',
  'Idempotency-Key',
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

/** Any origin may call, without credentials (wire, "CORS"). */
export const crossOriginHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': exposed,
};

/**
 * Answers a preflight. Names of metadata headers (`x-meta-*`) cannot be listed, so those that are asked for
 * are allowed by name.
 */
export function preflight(exchange: Exchange): Response {
  const asked = exchange.request.headers.get('access-control-request-headers') ?? '';
  const metadata = asked.split(',').map((name) => name.trim());
  const allowed = [...allowedHeaders, ...metadata.filter((name) => /^x-meta-[a-z0-9-]+$/i.test(name))];
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
