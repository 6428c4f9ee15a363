/**
 * The catalogue of everything that can go wrong and that a caller may be told of.
 * Each API renders these in its own shape and status codes; the core knows neither.
 */
export type FailureCode =
  | 'invalid' // the request cannot be understood or breaks a rule; `field` says where
  | 'not_found' // unknown, expired or malformed id: one answer for all three
  | 'forbidden' // the caller lacks what the operation needs (a delete token)
  | 'too_large' // over a size limit
  | 'precondition_failed' // a condition of the request does not hold
  | 'range_not_satisfiable' // the range is outside the content
  | 'idempotency_conflict' // the same key, another request
  | 'idempotency_in_progress' // the same key, and the first request still runs
  | 'store_away' // a store does not answer; try again later
  | 'no_room'; // the disk, the database or MAX_STORAGE is full

/** A refusal with a message that is safe to show: it never holds content, paths or inner errors. */
export class Failure extends Error {
  readonly code: FailureCode;
  /** The name of the request field at fault, where there is one. */
  readonly field: string | undefined;
  /** Seconds after which trying again may help. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: FailureCode,
    message: string,
    details: { field?: string; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = 'Failure';
    this.code = code;
    this.field = details.field;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** The request breaks a rule; the message names the field, as every API promises. */
export function invalid(field: string, rule: string): Failure {
  return new Failure('invalid', `${field} ${rule}`, { field });
}

/** The one answer for unknown, expired and malformed ids, so that none can be told from another. */
export function payloadNotFound(): Failure {
  return new Failure('not_found', 'Payload not found or expired');
}

/** A store does not answer. `retryAfterSeconds` is a guess at when it may again. */
export function storeAway(cause?: unknown): Failure {
  return new Failure('store_away', 'Storage is unavailable for the moment; try again later', {
    retryAfterSeconds: 5,
    cause,
  });
}

/** No space is left for new bytes; reads, deletes and sweeps go on. */
export function noRoom(cause?: unknown): Failure {
  return new Failure('no_room', 'There is no room to store this', { cause });
}

/** Larger than `limit` bytes. */
export function tooLarge(what: string, limit: number): Failure {
  return new Failure('too_large', `${what} exceeds the limit of ${limit} bytes`);
}
