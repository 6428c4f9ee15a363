import { Failure, type FailureCode } from '../../core/failure.ts';
import { type Exchange, replyJson } from '../shared/exchange.ts';
import { BodyBrokenOff } from '../shared/request-body.ts';
import type { Errors } from '../shared/resource.ts';

const statuses: Record<FailureCode, number> = {
  invalid: 400,
  not_found: 404,
  forbidden: 403,
  too_large: 413,
  precondition_failed: 412,
  range_not_satisfiable: 416,
  idempotency_conflict: 409,
  idempotency_in_progress: 409,
  store_away: 503,
  no_room: 507,
};

/** Errors in seed 004's shape: `{"error": "…"}`. */
export const payloadErrors: Errors & {
  notFound(exchange: Exchange): Response;
  tooManyRequests(exchange: Exchange, retryAfterSeconds: number): Response;
} = {
  failure(exchange, error) {
    if (error instanceof Failure) {
      const { retryAfterSeconds } = error;
      const headers: Record<string, string> =
        retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
      exchange.fault = error.cause;
      return errorReply(exchange, statuses[error.code], error.message, headers);
    }
    if (error instanceof BodyBrokenOff) return errorReply(exchange, 400, 'The request body broke off');
    exchange.fault = error;
    return errorReply(exchange, 500, 'Internal server error');
  },
  methodNotAllowed: (exchange, allowed) =>
    errorReply(exchange, 405, 'Method not allowed', { allow: allowed }),
  notFound: (exchange) => errorReply(exchange, 404, 'Not found'),
  tooManyRequests: (exchange, retryAfterSeconds) =>
    errorReply(exchange, 429, 'Rate limit exceeded', { 'retry-after': String(retryAfterSeconds) }),
};

function errorReply(
  exchange: Exchange,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return replyJson(exchange, status, { error: message }, { 'cache-control': 'no-store', ...headers });
}
