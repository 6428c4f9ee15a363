/**
 * The catalogue of everything that can go wrong and that a caller may be told of.
 * Each API renders these in its own shape and status codes; the core knows neither.
 */
export type FailureCode =
  | 'invalid' // the request cannot be understood or breaks a rule; `field` says where
  | 'not_found' // unknown, expired or malformed id: one answer for all three
  | 'unauthorized' // no credential, or none that is valid for this
  | 'forbidden' // the caller lacks what the operation needs (a delete token, a valid signature)
  | 'banned' // the caller's address is refused
  | 'rate_limited' // too many calls, or more than the caller's share of something
  | 'request_timeout' // the request body came too slowly, or had to make room for others
  | 'server_busy' // nothing is left of something that all callers share; try again later
  | 'too_large' // over a size limit
  | 'blocked' // the operator refuses this very content
  | 'type_refused' // content of this type is not taken here
  | 'coding_refused' // content of this coding (Content-Encoding) is not taken here
  | 'bytes_exceeded' // the account holds or has reserved all the bytes that its plan allows
  | 'objects_exceeded' // the same for the number of objects
  | 'upload_not_found' // unknown, expired, confirmed already, or another account's
  | 'not_uploaded' // the bytes of an upload are not here
  | 'route_not_found' // no file route of this name
  | 'bucket_not_found' // no bucket of this name
  | 'bucket_exists' // somebody has a bucket of this name
  | 'bucket_not_empty' // it holds objects that have not expired
  | 'invalid_key' // nothing that an object can be called
  | 'part_too_small' // a part but the last of fewer bytes than a part must have
  | 'key_not_found' // no API key of this id
  | 'webhook_not_found' // no webhook of this id
  | 'delivery_not_found' // no delivery of this id
  | 'remote_failed' // a URL that was to be fetched did not give anything to keep
  | 'precondition_failed' // a condition of the request does not hold
  | 'range_not_satisfiable' // the range is outside the content
  | 'idempotency_conflict' // the same key, another request
  | 'idempotency_in_progress' // the same key, and the first request still runs
  | 'store_away' // a store does not answer; try again later
  | 'no_room'; // the disk, the database or MAX_STORAGE is full

/** A refusal with a message that is safe to show: it never holds content, paths or inner errors. */
export class Failure extends Error {
  readonly code: FailureCode;
  /** What of the request is at fault, in the core's own words or an API's, and what rule it breaks. */
  readonly field: string | undefined;
  readonly rule: string | undefined;
  /** Seconds after which trying again may help. */
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
 * The request breaks a rule. An API names the field in its own words (`nameField`); a word that is not in its
 * list stays as it is.
 */
export function invalid(field: string, rule: string): Failure {
  return new Failure('invalid', `${field} ${rule}`, { field, rule });
}

/** A failure's message, with its field as an API calls it. */
export function messageOf({ message, field, rule }: Failure, fieldNames: Record<string, string>): string {
  if (field === undefined || rule === undefined || !Object.hasOwn(fieldNames, field)) return message;
  return `${fieldNames[field]} ${rule}`;
}

/** The one answer for unknown, expired and malformed ids, so that none can be told from another. */
export function payloadNotFound(): Failure {
  return new Failure('not_found', 'Payload not found or expired');
}

/** There is no such bucket, or no longer. */
export function bucketNotFound(): Failure {
  return new Failure('bucket_not_found', 'There is no such bucket');
}

/** A part but the last is smaller than S3 takes. */
export function partTooSmall(): Failure {
  return new Failure('part_too_small', 'Every part but the last must have at least 5 MiB');
}

/** A store does not answer. `retryAfterSeconds` is a guess at when it may again. */
export function storeAway(cause?: unknown): Failure {
  return new Failure('store_away', 'Storage is unavailable for the moment; try again later', {
    retryAfterSeconds: 5,
    cause,
  });
}

/** The request body came too slowly, or was the slowest when others needed its memory or its decoder. */
export function requestTimeout(message = 'The request body came too slowly'): Failure {
  return new Failure('request_timeout', message);
}

/**
 * No space is left for new bytes; reads, deletes and sweeps go on.
 *
 * @param rule Which limit leaves none: `max_storage`, `min_free_space`, `anonymous_storage`, or the disk or the store
 *   itself (`store_full`).
 */
export function noRoom(
  cause?: unknown,
  rule = 'store_full',
  message = 'There is no room to store this',
): Failure {
  return new Failure('no_room', message, {
    retryAfterSeconds: 60,
    cause,
    rule,
  });
}

/** Larger than `limit` bytes. */
export function tooLarge(what: string, limit: number): Failure {
  return new Failure('too_large', `${what} exceeds the limit of ${limit} bytes`);
}
