import type { Operation, RequestBody, ResponseBody } from './bodies.ts';
import type { Call, Connection } from './connection.ts';
import { newIdempotencyKey } from './idempotency-key.ts';

/** Adds the API key to a call, and an idempotency key to a write, so that a repeated request does no harm. */
export function asAccount<Body>(
  connection: Connection,
  call: Call<NoInfer<Body>>,
  write = false,
): Call<Body> {
  const idempotency = write ? { 'idempotency-key': newIdempotencyKey() } : {};
  return { ...call, headers: { ...connection.authorization(), ...idempotency, ...call.headers } };
}

/** Calls an operation with a JSON response as an account. Every call except a GET is a write. */
export function accountJson<Id extends Operation>(
  connection: Connection,
  method: string,
  path: string,
  call: Call<RequestBody<Id>>,
): Promise<ResponseBody<Id>> {
  return connection.json<Id>(method, path, asAccount(connection, call, method !== 'GET'));
}
