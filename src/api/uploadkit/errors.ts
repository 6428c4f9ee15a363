import { type ErrorCode, errorsIn } from '../shared/errors.ts';

/** The codes of seed 003 and the wire, and those of what they leave open. */
const codes: Record<ErrorCode, string> = {
  invalid: 'VALIDATION_ERROR',
  body_broken_off: 'VALIDATION_ERROR',
  remote_failed: 'VALIDATION_ERROR',
  unauthorized: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  banned: 'FORBIDDEN',
  not_found: 'FILE_NOT_FOUND',
  upload_not_found: 'FILE_NOT_FOUND',
  route_not_found: 'ROUTE_NOT_FOUND',
  path_not_found: 'NOT_FOUND',
  method_not_allowed: 'METHOD_NOT_ALLOWED',
  too_large: 'FILE_TOO_LARGE',
  type_refused: 'FILE_TYPE_NOT_ALLOWED',
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
  fault: 'INTERNAL_ERROR',
};

/** Seed 003's own words, where it has some. */
const messages: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'Missing or invalid API key',
  not_found: 'File not found',
  upload_not_found: 'File not found',
};

/** Errors in seed 003's shape, `{"error": "…", "code": "…"}`; a file that is too large is 403 there. */
export const uploadkitErrors = errorsIn(
  (code, message) => ({
    ...(code === 'too_large' && { status: 403 }),
    body: { error: messages[code] ?? message, code: codes[code] },
  }),
  { name: 'fileName', mediaType: 'contentType', size: 'fileSize' },
);

/** The code of a failure that is told within an answer. */
export function codeOf(code: ErrorCode): { code: string; message: string | undefined } {
  return { code: codes[code], message: messages[code] };
}
