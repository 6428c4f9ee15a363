import { namesOfCodings } from '../../core/coding/content-coding.ts';
import type { ErrorCode } from '../shared/errors.ts';

/** The error code of the bucket API for each failure (docs/contract/buckets.md, "Errors"). */
export const codes = {
  invalid: 'invalid_request',
  body_broken_off: 'invalid_request',
  remote_failed: 'invalid_request',
  not_uploaded: 'invalid_request',
  invalid_key: 'invalid_key',
  part_too_small: 'part_too_small',
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  banned: 'forbidden',
  blocked: 'forbidden',
  type_refused: 'forbidden',
  coding_refused: 'unsupported_content_encoding',
  bytes_exceeded: 'quota_exceeded',
  objects_exceeded: 'quota_exceeded',
  not_found: 'object_not_found',
  bucket_not_found: 'bucket_not_found',
  upload_not_found: 'upload_not_found',
  webhook_not_found: 'webhook_not_found',
  delivery_not_found: 'delivery_not_found',
  key_not_found: 'key_not_found',
  route_not_found: 'not_found',
  path_not_found: 'not_found',
  method_not_allowed: 'method_not_allowed',
  method_not_implemented: 'method_not_implemented',
  bucket_exists: 'bucket_already_exists',
  bucket_not_empty: 'bucket_not_empty',
  idempotency_conflict: 'idempotency_conflict',
  idempotency_in_progress: 'idempotency_in_progress',
  precondition_failed: 'precondition_failed',
  too_large: 'payload_too_large',
  range_not_satisfiable: 'range_not_satisfiable',
  rate_limited: 'rate_limited',
  request_timeout: 'request_timeout',
  server_busy: 'server_busy',
  store_away: 'storage_unavailable',
  no_room: 'insufficient_storage',
  fault: 'internal_error',
} as const satisfies Record<ErrorCode, string>;

type BucketErrorCode = (typeof codes)[ErrorCode];

/** The text of the page about each error code. */
export const explanations: Record<BucketErrorCode, { meaning: string; remedy: string }> = {
  invalid_request: {
    meaning: 'The request is malformed or breaks a rule. The message names the field.',
    remedy: 'Change the request. The same request will fail again.',
  },
  invalid_key: {
    meaning: 'No object can have this key.',
    remedy:
      'A key has 1 to 1024 bytes of UTF-8, without control characters and without a segment that is . or .. Percent-encode it in a path.',
  },
  part_too_small: {
    meaning: 'A part other than the last has fewer than 5 MiB.',
    remedy: 'Send larger parts under the same numbers, and complete again.',
  },
  unauthorized: {
    meaning: 'The request has no API key, or one that is not valid.',
    remedy: 'Send Authorization: Bearer sk_live_…; a revoked key stays invalid.',
  },
  forbidden: {
    meaning:
      'The bucket belongs to another account, the signed URL is no longer valid, or the operation is not allowed.',
    remedy: 'Use a key of the account that owns the bucket, or request a new signed URL.',
  },
  quota_exceeded: {
    meaning: 'The account has reached a limit of its plan.',
    remedy:
      'Delete something, let it expire, or ask the operator for another plan. GET /v1/account shows the limits.',
  },
  object_not_found: {
    meaning: 'There is no object under this key: it never existed, was deleted, or has expired.',
    remedy: 'Check the key and its percent-encoding. Expired objects cannot be restored.',
  },
  bucket_not_found: {
    meaning: 'There is no bucket with this name.',
    remedy: 'Create it with POST /v1/buckets.',
  },
  upload_not_found: {
    meaning: 'The multipart upload is unknown, was completed or aborted, or is older than 24 hours.',
    remedy: 'Check whether the object already exists. If not, start the upload again.',
  },
  webhook_not_found: {
    meaning: 'There is no webhook with this id.',
    remedy: 'GET /v1/webhooks lists your webhooks.',
  },
  delivery_not_found: {
    meaning: 'There is no delivery with this id. Deliveries are kept for seven days.',
    remedy: 'GET /v1/webhooks/{id}/deliveries lists them.',
  },
  key_not_found: {
    meaning: 'There is no API key with this id, or it was revoked.',
    remedy: 'GET /v1/keys lists your keys.',
  },
  not_found: { meaning: 'There is nothing at this path.', remedy: 'The API is described at /docs.' },
  method_not_allowed: {
    meaning: 'The path does not support this method.',
    remedy: 'The Allow header of the response lists its methods.',
  },
  method_not_implemented: {
    meaning: 'No path of this server supports this method.',
    remedy: 'The methods of each path are described at /docs.',
  },
  bucket_already_exists: {
    meaning: 'A bucket with this name already exists. Names are unique on the server.',
    remedy: 'Choose another name.',
  },
  bucket_not_empty: {
    meaning: 'The bucket still holds objects.',
    remedy: 'Delete them first, or wait until they have expired.',
  },
  idempotency_conflict: {
    meaning: 'The Idempotency-Key was used for another request in the last 24 hours.',
    remedy: 'Use a new key for a new request.',
  },
  idempotency_in_progress: {
    meaning: 'The first request with this Idempotency-Key is still in progress.',
    remedy: 'Wait as long as Retry-After says, and send it again.',
  },
  precondition_failed: {
    meaning: 'A condition of the request (If-Match, If-None-Match and the like) does not hold.',
    remedy: 'Read the object again, and update the condition.',
  },
  payload_too_large: {
    meaning: 'The body exceeds the maximum size of an object.',
    remedy: 'GET /v1/account shows the maximum size that the plan allows.',
  },
  unsupported_content_encoding: {
    meaning: 'The server does not accept the Content-Encoding of the request.',
    remedy: `Objects may have one of ${namesOfCodings}; JSON and parts of uploads have none. aws-chunked is not supported: send the bytes without it.`,
  },
  range_not_satisfiable: {
    meaning: 'The range lies outside of the object.',
    remedy: 'The Content-Range header of the response has the size.',
  },
  rate_limited: {
    meaning: 'There were too many requests, or too many or too large uploads at once.',
    remedy:
      'Wait as long as Retry-After says. X-RateLimit-Remaining is the number of requests that are left.',
  },
  request_timeout: {
    meaning:
      'The request body arrived too slowly: below 1 KiB per second, or slower than others when the server ran out of memory for bodies.',
    remedy: 'Send the request again over a faster connection. Upload large objects in parts.',
  },
  server_busy: {
    meaning: 'A resource that all requests share is exhausted at the moment.',
    remedy: 'Wait as long as Retry-After says, and try again.',
  },
  storage_unavailable: {
    meaning: 'The database or the object storage does not answer.',
    remedy: 'Wait as long as Retry-After says, and try again: nothing was stored.',
  },
  insufficient_storage: {
    meaning: 'The server has no storage left for new content.',
    remedy: 'Reads and deletes still work. Contact the operator.',
  },
  internal_error: {
    meaning: 'An error in the server.',
    remedy: 'Try again. If the error persists, send the requestId to the operator, who finds it in the log.',
  },
};
