import { contentCodings } from '../../core/ports/content-coding.ts';

/** An OpenAPI operation or a part of one, as far as it is written by hand. */
export type Operation = Record<string, unknown>;

/** Pieces of OpenAPI operations that several APIs share. */

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

/** A response. `isCounted` says whether rate limits count its requests. */
export function response(
  description: string,
  content?: Record<string, Operation>,
  headers: Record<string, Operation> = {},
  isCounted = true,
): Operation {
  return {
    description,
    headers: { ...requestId, ...(isCounted && rateLimitHeaders), ...headers },
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

/** The coding of a body that is decoded, or kept. */
export function contentEncodingParameter(description: string): Operation {
  return parameter('header', 'Content-Encoding', description, { type: 'string', enum: contentCodings });
}

export const text: Operation = { type: 'string' };

/** Content that is JSON. */
export function json(schema: unknown): Record<string, Operation> {
  return { 'application/json': { schema } };
}

/** A body that is JSON and has to be there. */
export function jsonBody(schema: unknown): Operation {
  return { required: true, content: json(schema) };
}

/** Bytes of any media type. */
export const anyBytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

const errorDescriptions = {
  400: 'The request is malformed, or breaks a rule; the message names the field.',
  401: 'No credential, or none that is valid here.',
  403: 'Not allowed: the message says what stands in the way.',
  404: 'Unknown, malformed or expired, or not yours.',
  405: 'The path has no such method.',
  409: 'The Idempotency-Key was used for another request, or its first request still runs.',
  412: 'A precondition of the request does not hold.',
  413: 'The content is over a size limit.',
  416: 'The range is outside the content.',
  429: 'The rate limit is exceeded, or too many uploads or too large bodies are under way.',
  500: 'A fault of the server.',
  503: 'A store is away, or the server is busy.',
  507: 'There is no room for the content.',
} as const;
const withRetryAfter: number[] = [409, 429, 503, 507];

export type ErrorStatus = keyof typeof errorDescriptions;

/** The error responses of an operation, in the shape of its API. Any operation can answer 500. */
export function describedErrors(
  content: Record<string, Operation>,
  statuses: readonly ErrorStatus[],
  isCounted = true,
): Record<string, Operation> {
  return Object.fromEntries(
    [...new Set([...statuses, 500 as const])].map((status) => {
      const retryAfter = stringHeaders({ 'Retry-After': 'Seconds to wait.' });
      const headers = withRetryAfter.includes(status) ? retryAfter : {};
      return [status, response(errorDescriptions[status], content, headers, isCounted)];
    }),
  );
}

/** The error responses of an operation whose requests are counted: those named, and what any of them can answer. */
export function errorResponses(
  content: Record<string, Operation>,
  ...statuses: ErrorStatus[]
): Record<string, Operation> {
  return describedErrors(content, [...statuses, 429, 503]);
}

/** An operation under its base; ids of operations are unique in the whole document. */
export function documented(base: string, operation: Operation): Operation {
  if (base === '/api/v1') return operation;
  return { ...operation, operationId: `${operation.operationId}Unversioned` };
}
