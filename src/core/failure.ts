/**
 * Every error that a caller may see. Each API renders these in its own format, with its own status codes.
 */
export type FailureCode =
  | 'invalid' // the request is malformed or breaks a rule; `field` names the field
  | 'not_found' // unknown, expired or malformed id: indistinguishable to the caller
  | 'unauthorized' // no valid credential
  | 'forbidden' // the caller lacks a required permission, delete token or signature
  | 'banned' // the client address is banned
  | 'rate_limited' // too many calls, or over the caller's share of a budget
  | 'request_timeout' // the request body was too slow, or was ended to free memory or a decoder
  | 'server_busy' // a budget that all callers share is exhausted; try again later
  | 'too_large' // over a size limit
  | 'blocked' // the operator blocks this content
  | 'type_refused' // this MIME type is not accepted here
  | 'coding_refused' // this content coding is not accepted here
  | 'bytes_exceeded' // over the stored bytes that the plan of the account allows, including reserved ones
  | 'objects_exceeded' // the same for the number of objects
  | 'upload_not_found' // unknown, expired, already confirmed, or of another account
  | 'not_uploaded' // the bytes of an upload have not arrived
  | 'route_not_found' // no file route of this name
  | 'bucket_not_found' // no bucket of this name
  | 'bucket_exists' // the name of the bucket is taken
  | 'bucket_not_empty' // it holds objects that have not expired
  | 'invalid_key' // not a valid object key
  | 'part_too_small' // a part other than the last is below the minimum size
  | 'key_not_found' // no API key with this id
  | 'webhook_not_found' // no webhook with this id
  | 'delivery_not_found' // no delivery with this id
  | 'remote_failed' // a URL could not be fetched
  | 'precondition_failed' // a condition of the request does not hold
  | 'range_not_satisfiable' // the range is outside the content
  | 'idempotency_conflict' // the idempotency key was used for another request
  | 'idempotency_in_progress' // the first request with this idempotency key is still running
  | 'store_away' // a store is unavailable; try again later
  | 'no_room'; // the disk, the database or MAX_STORAGE is full

/** An error with a message that is safe to show: it never contains content, paths or internal errors. */
export class Failure extends Error {
  readonly code: FailureCode;
  /** The invalid field of the request, by its name in the core or in an API, and the rule that it breaks. */
  readonly field: string | undefined;
  readonly rule: string | undefined;
  /** When to retry. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: FailureCode,
    message: string,
    details: { field?: string; rule?: string; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = 'Failure';
    this.code = code;
    this.field = details.field;
    this.rule = details.rule;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/**
 * A field of the request breaks a rule. An API shows its own name for the field (`messageOf`), if it has one.
 */
export function invalid(field: string, rule: string): Failure {
  return new Failure('invalid', `${field} ${rule}`, { field, rule });
}

/** The message of a failure, with the name that an API gives to the field. */
export function messageOf({ message, field, rule }: Failure, fieldNames: Record<string, string>): string {
  if (field === undefined || rule === undefined || !Object.hasOwn(fieldNames, field)) return message;
  return `${fieldNames[field]} ${rule}`;
}

/** For unknown, expired and malformed ids, so that a caller cannot distinguish them. */
export function payloadNotFound(): Failure {
  return new Failure('not_found', 'Payload not found or expired');
}

export function bucketNotFound(): Failure {
  return new Failure('bucket_not_found', 'There is no such bucket');
}

/** For uploads that are unknown or cannot be completed any more, so that a caller cannot distinguish them. */
export function uploadNotFound(): Failure {
  return new Failure('upload_not_found', 'The upload is unknown, has expired, or was completed or aborted');
}

export function invalidCredential(): Failure {
  return new Failure('unauthorized', 'The credential is missing or not valid');
}

export function preconditionFailed(): Failure {
  return new Failure('precondition_failed', 'A precondition of the request does not hold');
}

/** The minimum is that of S3. */
export function partTooSmall(): Failure {
  return new Failure('part_too_small', 'Every part except the last must have at least 5 MiB');
}

/** A store does not answer. `retryAfterSeconds` is a guess. */
export function storeAway(cause?: unknown): Failure {
  return new Failure('store_away', 'Storage is temporarily unavailable; try again later', {
    retryAfterSeconds: 5,
    cause,
  });
}

/** A store did not answer in time; the cause of `storeAway`, or of a probe. */
export class NoAnswer extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds / 1000} s`);
  }
}

/** The request body was too slow, or was the slowest when others needed its memory or decoder. */
export function requestTimeout(message = 'The request body arrived too slowly'): Failure {
  return new Failure('request_timeout', message);
}

/**
 * There is no room for new bytes. Reads, deletes and sweeps still work.
 *
 * @param rule The limit that is reached: `max_storage`, `min_free_space`, `anonymous_storage`, or `store_full` for the
 *   disk or the store itself.
 */
export function noRoom(
  cause?: unknown,
  rule = 'store_full',
  message = 'The server has no room to store this',
): Failure {
  return new Failure('no_room', message, {
    retryAfterSeconds: 60,
    cause,
    rule,
  });
}

/** @param limit The maximum (bytes). */
export function tooLarge(what: string, limit: number): Failure {
  return new Failure('too_large', `${what} exceeds the limit of ${limit} bytes`);
}

/** The code of an error of the system or of a library, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
