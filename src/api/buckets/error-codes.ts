import { namesOfCodings } from '../../core/coding/content-coding.ts';
import type { ErrorCode } from '../shared/errors.ts';

/** The bucket API's code for everything that can go wrong (docs/contract/buckets.md, "Errors"). */
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

/** A code of the bucket API. */
type BucketErrorCode = (typeof codes)[ErrorCode];

/** The text of each code's page: what the code means, and what to do about it. */
export const explanations: Record<BucketErrorCode, { meaning: string; remedy: string }> = {
  invalid_request: {
    meaning: 'The request cannot be understood, or breaks a rule. The message names the field.',
    remedy: 'Change the request. Sending it again as it is will not help.',
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
    meaning: 'There is no API key in the request, or none that is valid.',
    remedy: 'Send Authorization: Bearer sk_live_…; a key that was revoked does not come back.',
  },
  forbidden: {
    meaning:
      'The bucket is another account’s, the signed URL is not good any more, or the operation is not allowed.',
    remedy: 'Use a key of the account that owns the bucket, or have the URL signed again.',
  },
  quota_exceeded: {
    meaning: 'The account holds as much as its plan allows.',
    remedy:
      'Delete something, let it expire, or ask the operator for another plan. GET /v1/account tells the limits.',
  },
  object_not_found: {
    meaning: 'There is no object under this key: it never was, was deleted, or has expired.',
    remedy: 'Check the key, and how it is percent-encoded. What has expired cannot be brought back.',
  },
  bucket_not_found: {
    meaning: 'There is no bucket of this name.',
    remedy: 'Create it with POST /v1/buckets.',
  },
  upload_not_found: {
    meaning: 'The multipart upload is unknown, was completed or aborted, or is older than 24 hours.',
    remedy: 'Look whether the object is there already; else start the upload anew.',
  },
  webhook_not_found: { meaning: 'There is no webhook of this id.', remedy: 'GET /v1/webhooks lists yours.' },
  delivery_not_found: {
    meaning: 'There is no delivery of this id. Deliveries are kept for seven days.',
    remedy: 'GET /v1/webhooks/{id}/deliveries lists them.',
  },
  key_not_found: {
    meaning: 'There is no API key of this id, or it was revoked.',
    remedy: 'GET /v1/keys lists yours.',
  },
  not_found: { meaning: 'There is nothing at this path.', remedy: 'The API is described at /docs.' },
  method_not_allowed: {
    meaning: 'The path has no such method.',
    remedy: 'The Allow header of the answer names those that it has.',
  },
  method_not_implemented: {
    meaning: 'No path of this server has this method.',
    remedy: 'The methods of each path are described at /docs.',
  },
  bucket_already_exists: {
    meaning: 'Somebody has a bucket of this name. Names are unique on the server.',
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
    meaning: 'The first request with this Idempotency-Key still runs.',
    remedy: 'Wait as long as Retry-After says, and send it again.',
  },
  precondition_failed: {
    meaning: 'A condition of the request (If-Match, If-None-Match and the like) does not hold.',
    remedy: 'Read the object again, and decide anew.',
  },
  payload_too_large: {
    meaning: 'The body is larger than an object may be.',
    remedy: 'GET /v1/account tells the largest object that the plan allows.',
  },
  unsupported_content_encoding: {
    meaning: 'The Content-Encoding of the request is not one that is taken here.',
    remedy: `Objects may have one of ${namesOfCodings}; JSON and parts of uploads have none. aws-chunked is not understood: send the bytes as they are.`,
  },
  range_not_satisfiable: {
    meaning: 'The range lies outside of the object.',
    remedy: 'Content-Range of the answer tells the size.',
  },
  rate_limited: {
    meaning: 'There were too many requests, or too many uploads or too large bodies at once.',
    remedy: 'Wait as long as Retry-After says. X-RateLimit-Remaining tells how many are left.',
  },
  request_timeout: {
    meaning:
      'The request body came too slowly: under 1 KiB in each second, or the slowest when the server needed its memory.',
    remedy: 'Send the request again, over a faster connection. Large objects go up in parts.',
  },
  server_busy: {
    meaning: 'The server has nothing left for now of something that all requests share.',
    remedy: 'Wait as long as Retry-After says, and try again.',
  },
  storage_unavailable: {
    meaning: 'The database or the object storage does not answer.',
    remedy: 'Wait as long as Retry-After says, and try again: nothing was stored.',
  },
  insufficient_storage: {
    meaning: 'The server has no room for new bytes.',
    remedy: 'Reading and deleting go on. Tell the operator.',
  },
  internal_error: {
    meaning: 'The server is at fault.',
    remedy: 'Try again, and tell the operator the requestId if it stays: it is in the log.',
  },
};
