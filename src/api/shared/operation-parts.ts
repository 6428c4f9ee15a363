import type { Operation } from './resource.ts';

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

/** Any bytes (OpenAPI 3.1: an empty schema under the media type). */
export const anyBytes = { '*/*': { schema: {} } };
