import { contentCodings } from '../../core/ports/content-coding.ts';

/** An OpenAPI operation or a fragment of one. */
export type Operation = Record<string, unknown>;

const rateLimitHeaders = {
  'X-RateLimit-Limit': { description: 'Calls allowed in the window.', schema: { type: 'integer' } },
  'X-RateLimit-Remaining': { description: 'Calls left in the window.', schema: { type: 'integer' } },
  'X-RateLimit-Reset': { description: 'When the window ends, in Unix seconds.', schema: { type: 'integer' } },
};
const requestId = {
  'X-Request-Id': { description: 'The request id, as in the logs.', schema: { type: 'string' } },
};

/** Describes response headers of a string type. */
export function stringHeaders(descriptions: Record<string, string>): Record<string, Operation> {
  return Object.fromEntries(
    Object.entries(descriptions).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );
}

/** A response of an API whose calls are counted. */
export function response(
  description: string,
  content?: Record<string, Operation>,
  headers: Record<string, Operation> = {},
): Operation {
  return {
    description,
    headers: { ...requestId, ...rateLimitHeaders, ...headers },
    ...(content && { content }),
  };
}

/** A parameter of the query or a header. */
export function parameter(
  place: 'path' | 'query' | 'header',
  name: string,
  description: string,
  schema: Operation = { type: 'string' },
): Operation {
  return { in: place, name, description, required: place === 'path', schema };
}

/** The `Content-Encoding` of a body that is decoded, or stored with its coding. */
export function contentEncodingParameter(description: string): Operation {
  return parameter('header', 'Content-Encoding', description, { type: 'string', enum: contentCodings });
}

export const text: Operation = { type: 'string' };
export const whole: Operation = { type: 'integer' };
export const time: Operation = { type: 'string', format: 'date-time' };
export const address: Operation = { type: 'string', format: 'uri' };

/** An object with only required properties. */
export function object(properties: Record<string, Operation>): Operation {
  return { type: 'object', properties, required: Object.keys(properties) };
}

export function orNull(schema: Operation): Operation {
  return { anyOf: [schema, { type: 'null' }] };
}

/** JSON content. */
export function json(schema: unknown): Record<string, Operation> {
  return { 'application/json': { schema } };
}

/** A required JSON body. */
export function jsonBody(schema: unknown): Operation {
  return { required: true, content: json(schema) };
}

/** Any bytes (OpenAPI 3.1: an empty schema under the media type). */
export const anyBytes = { '*/*': { schema: {} } };

const errorDescriptions = {
  400: 'The request is malformed or breaks a rule. The message names the field.',
  401: 'The credential is missing or not valid here.',
  403: 'Not allowed. The message gives the reason.',
  404: 'Unknown, malformed, expired, or of another account.',
  405: 'The path has no such method.',
  409: 'The Idempotency-Key was used for another request, or its first request is still in progress.',
  412: 'A precondition of the request does not hold.',
  413: 'The content is over a size limit.',
  416: 'The range is outside the content.',
  429: 'The rate limit is exceeded, or too many uploads or too large bodies are in progress.',
  500: 'A fault of the server.',
  503: 'A store is unavailable, or the server is busy.',
  507: 'There is no room for the content.',
} as const;
const withRetryAfter: number[] = [409, 429, 503, 507];

/** The error responses of an operation, in its API's own shape: the given ones, and those of every operation. */
export function errorResponses(
  content: Record<string, Operation>,
  ...statuses: (keyof typeof errorDescriptions)[]
): Record<string, Operation> {
  const all = [...new Set([...statuses, 429 as const, 500 as const, 503 as const])];
  return Object.fromEntries(
    all.map((status) => [
      status,
      response(
        errorDescriptions[status],
        content,
        withRetryAfter.includes(status) ? stringHeaders({ 'Retry-After': 'Seconds to wait.' }) : {},
      ),
    ]),
  );
}

/** An operation under its base. Its id must be unique in the whole document. */
export function documented(base: string, operation: Operation): Operation {
  if (base === '/api/v1') return operation;
  return { ...operation, operationId: `${operation.operationId}Unversioned` };
}
