import type { ErrorCode } from './errors.ts';

/**
 * The codes that PutPut (seed 000) and UploadKit (seed 003, wire) have in common; each names a few of its own. What
 * is about buckets never happens there.
 */
export const serviceCodes: Record<ErrorCode, string> = {
  bucket_not_found: 'NOT_FOUND',
  bucket_exists: 'VALIDATION_ERROR',
  bucket_not_empty: 'VALIDATION_ERROR',
  invalid_key: 'VALIDATION_ERROR',
  part_too_small: 'VALIDATION_ERROR',
  key_not_found: 'NOT_FOUND',
  webhook_not_found: 'NOT_FOUND',
  delivery_not_found: 'NOT_FOUND',
  invalid: 'VALIDATION_ERROR',
  body_broken_off: 'VALIDATION_ERROR',
  remote_failed: 'VALIDATION_ERROR',
  unauthorized: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  banned: 'FORBIDDEN',
  not_found: 'FILE_NOT_FOUND',
  upload_not_found: 'UPLOAD_NOT_FOUND',
  route_not_found: 'ROUTE_NOT_FOUND',
  path_not_found: 'NOT_FOUND',
  method_not_allowed: 'METHOD_NOT_ALLOWED',
  too_large: 'FILE_TOO_LARGE',
  blocked: 'FORBIDDEN',
  type_refused: 'CONTENT_TYPE_BLOCKED',
  bytes_exceeded: 'STORAGE_LIMIT_EXCEEDED',
  objects_exceeded: 'FILE_LIMIT_EXCEEDED',
  not_uploaded: 'FILE_NOT_UPLOADED',
  precondition_failed: 'PRECONDITION_FAILED',
  range_not_satisfiable: 'RANGE_NOT_SATISFIABLE',
  idempotency_conflict: 'VALIDATION_ERROR',
  idempotency_in_progress: 'VALIDATION_ERROR',
  rate_limited: 'RATE_LIMITED',
  store_away: 'STORAGE_UNAVAILABLE',
  no_room: 'INSUFFICIENT_STORAGE',
  fault: 'SERVER_ERROR',
};
