/** An OpenAPI operation or a part of one, as far as it is written by hand. */
export type Operation = Record<string, unknown>;

const rateLimitHeaders = {
  'X-RateLimit-Limit': { description: 'Calls allowed in the window.', schema: { type: 'integer' } },
  'X-RateLimit-Remaining': { description: 'Calls left in the window.', schema: { type: 'integer' } },
  'X-RateLimit-Reset': { description: 'When the window ends, in Unix seconds.', schema: { type: 'integer' } },
};
const requestId = {
  'X-Request-Id': { description: 'The request id, as in the logs.', schema: { type: 'string' } },
};

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

const errorDescriptions = {
  400: 'The request is malformed or breaks a rule. The message names the field.',
  401: 'The credential is missing or not valid here.',
  403: 'Not allowed. The message gives the reason.',
  404: 'Unknown, malformed, expired, or of another account.',
  405: 'The path has no such method.',
  408: 'The request body arrived too slowly.',
  409: 'The Idempotency-Key was used for another request, or its first request is still in progress.',
  412: 'A precondition of the request does not hold.',
  413: 'The content is over a size limit.',
  415: 'The Content-Encoding is not supported here.',
  416: 'The range is outside the content.',
  429: 'The rate limit is exceeded, or too many uploads or too large bodies are in progress.',
  500: 'A fault of the server.',
  503: 'A store is unavailable, or the server is busy.',
  507: 'There is no room for the content.',
} as const;

const retryAfter = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'string' } } };
const errorHeaders: Partial<Record<ErrorStatus, Record<string, Operation>>> = {
  409: retryAfter,
  415: { 'Accept-Encoding': { description: 'The supported codings.', schema: { type: 'string' } } },
  429: retryAfter,
  503: retryAfter,
  507: retryAfter,
};

export type ErrorStatus = keyof typeof errorDescriptions;

/** The errors of an operation. `name` is the beginning of the names of their components. */
type DescribedErrors = {
  name: string;
  content: Record<string, Operation>;
  isCounted: boolean;
  /** What errors mean here instead of the usual. A 409 can have both meanings. */
  descriptions?: Partial<Record<ErrorStatus, string>>;
};

/** The error responses of an operation, in the shape of its API. */
export function describedErrors(
  statuses: readonly ErrorStatus[],
  { name, content, isCounted, descriptions = {} }: DescribedErrors,
): Record<string, Operation> {
  return Object.fromEntries(
    [...new Set(statuses)].map((status) => {
      const usual = errorDescriptions[status];
      const own = descriptions[status];
      const described = status === 409 && own ? `${own} Or ${usual[0]?.toLowerCase()}${usual.slice(1)}` : own;
      const error = response(described ?? usual, content, errorHeaders[status], isCounted);
      return [status, status in descriptions ? error : named(`${name}${status}`, error)];
    }),
  );
}

/** Names a response or parameter. The document has it once, as a component, if several operations have it. */
export function named(component: string, value: Operation): Operation {
  return { 'x-component': component, ...value };
}
