import { namesOfCodings } from '../../core/coding/content-coding.ts';
import { Failure, type FailureCode, messageOf } from '../../core/failure.ts';
import { BodyBrokenOff } from './bodies/request-body.ts';
import { type Errors, type Exchange, replyJson } from './exchange.ts';

/** The errors outside of the core's catalogue. */
type OutsideCode =
  | 'path_not_found'
  | 'method_not_allowed'
  | 'method_not_implemented'
  | 'body_broken_off'
  | 'fault';
export type ErrorCode = FailureCode | OutsideCode;

const statuses: Record<ErrorCode, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  banned: 403,
  not_found: 404,
  upload_not_found: 404,
  route_not_found: 404,
  bucket_not_found: 404,
  bucket_exists: 409,
  bucket_not_empty: 409,
  invalid_key: 400,
  part_too_small: 400,
  key_not_found: 404,
  webhook_not_found: 404,
  delivery_not_found: 404,
  path_not_found: 404,
  method_not_allowed: 405,
  method_not_implemented: 501,
  too_large: 413,
  blocked: 403,
  type_refused: 403,
  coding_refused: 415,
  bytes_exceeded: 403,
  objects_exceeded: 403,
  not_uploaded: 400,
  body_broken_off: 400,
  remote_failed: 400,
  precondition_failed: 412,
  range_not_satisfiable: 416,
  idempotency_conflict: 409,
  idempotency_in_progress: 409,
  rate_limited: 429,
  request_timeout: 408,
  server_busy: 503,
  store_away: 503,
  no_room: 507,
  fault: 500,
};

/** The default status of an error. */
export function statusOf(code: ErrorCode): number {
  return statuses[code];
}

/**
 * Creates the error renderer of an API.
 *
 * @param shape The body of an error in the API's own shape, and its status if it is not the default one.
 * @param fieldNames The API's names of the core's fields.
 * @param replyWith Sends the body.
 */
export function errorsIn(
  shape: (code: ErrorCode, message: string, exchange: Exchange) => { status?: number; body: unknown },
  fieldNames: Record<string, string> = {},
  replyWith: typeof replyJson = replyJson,
): Errors {
  const render = (
    exchange: Exchange,
    code: ErrorCode,
    message: string,
    headers: Record<string, string> = {},
  ) => {
    const { status = statuses[code], body } = shape(code, message, exchange);
    return replyWith(exchange, status, body, { 'cache-control': 'no-store', ...headers });
  };
  return {
    failure(exchange, error) {
      if (error instanceof Failure) {
        exchange.failure = error;
        exchange.fault = error.cause;
        return render(exchange, error.code, messageOf(error, fieldNames), headersOf(error));
      }
      if (error instanceof BodyBrokenOff)
        return render(exchange, 'body_broken_off', 'The request body ended early');
      exchange.fault = error;
      return render(exchange, 'fault', 'Internal server error');
    },
    methodNotAllowed: (exchange, allowed) =>
      render(exchange, 'method_not_allowed', 'Method not allowed', { allow: allowed }),
    methodNotImplemented: (exchange) =>
      render(exchange, 'method_not_implemented', 'The server does not know this method'),
    notFound: (exchange) => render(exchange, 'path_not_found', 'Not found'),
  };
}

function headersOf({ code, retryAfterSeconds }: Failure): Record<string, string> {
  return {
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    // The codings that a request may have (RFC 9110, section 15.5.16).
    ...(code === 'coding_refused' && { 'accept-encoding': namesOfCodings }),
    ...(code === 'unauthorized' && { 'www-authenticate': 'Bearer' }),
    // There are too many connections.
    ...(code === 'server_busy' && { connection: 'close' }),
  };
}
