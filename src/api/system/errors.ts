import { type Exchange, replyJson } from '../shared/exchange.ts';
import type { Errors } from '../shared/resource.ts';

/** The routes of the server itself have the payload API's shape of errors, and few of them. */
export const systemErrors: Errors = {
  failure(exchange, error) {
    exchange.fault = error;
    return errorReply(exchange, 500, 'Internal server error');
  },
  methodNotAllowed: (exchange, allowed) =>
    errorReply(exchange, 405, 'Method not allowed', { allow: allowed }),
};

export function errorReply(
  exchange: Exchange,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return replyJson(exchange, status, { error: message }, headers);
}
