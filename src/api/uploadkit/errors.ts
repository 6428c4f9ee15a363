import type { Static } from '@sinclair/typebox';
import { type ErrorCode, errorsIn, statusOf } from '../shared/errors.ts';
import { serviceCodes } from '../shared/service-codes.ts';
import type { ErrorType, UploadkitError } from './schemas.ts';

const codes: Record<ErrorCode, string> = {
  ...serviceCodes,
  upload_not_found: 'FILE_NOT_FOUND',
  type_refused: 'FILE_TYPE_NOT_ALLOWED',
  fault: 'INTERNAL_ERROR',
};

/** The words of docs/contract/uploadkit.md, "Errors", where it has some. */
const messages: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'Missing or invalid API key',
  not_found: 'File not found',
  upload_not_found: 'File not found',
};

const suggestions: Record<string, string> = {
  UNAUTHORIZED: 'Check the API key: it begins with uk_live_ and stops working when it is revoked.',
  FORBIDDEN: 'Ask the operator of this server.',
  FILE_NOT_FOUND: 'Check the key or id of the file: GET /api/v1/files lists those that are there.',
  ROUTE_NOT_FOUND: 'Ask the operator of this server to create the file route.',
  NOT_FOUND: 'The paths of this server are listed at /docs.',
  METHOD_NOT_ALLOWED: 'Use one of the methods in the Allow header.',
  METHOD_NOT_IMPLEMENTED: 'The methods of each path are listed at /docs.',
  FILE_TOO_LARGE: 'Upload a smaller file, or one through another file route.',
  FILE_TYPE_NOT_ALLOWED: 'Upload a file of a type that the file route allows.',
  STORAGE_LIMIT_EXCEEDED: 'Delete files, or ask the operator of this server for another plan.',
  FILE_LIMIT_EXCEEDED: 'Delete files, or ask the operator of this server for another plan.',
  FILE_NOT_UPLOADED: 'PUT the whole file to its uploadUrl before the upload is completed.',
  RATE_LIMITED: 'Wait for as many seconds as Retry-After says.',
  STORAGE_UNAVAILABLE: 'Try again after as many seconds as Retry-After says.',
  INSUFFICIENT_STORAGE: 'Try again later, or tell the operator that the server is full.',
  INTERNAL_ERROR: 'Try again later, and tell the operator the X-Request-Id if it stays.',
};

/**
 * Errors in UploadKit's shape, `{"error": "…", "code": "…"}`; a file that is too large is 403 there. The service's own
 * client library reads `{"error": {type, code, message, suggestion}}` instead: it alone sends the key as a Bearer.
 */
export const uploadkitErrors = errorsIn(
  (errorCode, text, { request }): { status: number; body: Static<typeof UploadkitError> } => {
    const status = errorCode === 'too_large' ? 403 : statusOf(errorCode);
    const [message, code] = [messages[errorCode] ?? text, codes[errorCode]];
    if (!isOfClientLibrary(request)) return { status, body: { error: message, code } };
    const suggestion = suggestions[code] ?? 'Correct the request and send it again.';
    return { status, body: { error: { type: typeOf(status), code, message, suggestion } } };
  },
  { name: 'fileName', mediaType: 'contentType', size: 'fileSize' },
);

function isOfClientLibrary({ headers }: Request): boolean {
  return !headers.has('x-api-key') && /^Bearer +uk_/i.test(headers.get('authorization') ?? '');
}

function typeOf(status: number): ErrorType {
  if (status >= 500) return 'api_error';
  const types: Record<number, ErrorType> = {
    401: 'authentication_error',
    404: 'not_found_error',
    429: 'rate_limit_error',
  };
  return types[status] ?? 'invalid_request_error';
}

/** The code of a failure that is told within an answer. */
export function codeOf(code: ErrorCode): { code: string; message: string | undefined } {
  return { code: codes[code], message: messages[code] };
}
