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

/** Messages that docs/contract/uploadkit.md, "Errors", prescribes. */
const messages: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'Missing or invalid API key',
  not_found: 'File not found',
  upload_not_found: 'File not found',
};

const suggestions: Record<string, string> = {
  UNAUTHORIZED: 'Check the API key: it begins with uk_live_ and must not be revoked.',
  FORBIDDEN: 'Ask the operator of this server.',
  FILE_NOT_FOUND: 'Check the key or id of the file: GET /api/v1/files lists your files.',
  ROUTE_NOT_FOUND: 'Ask the operator of this server to create the file route.',
  NOT_FOUND: 'The paths of this server are listed at /docs.',
  METHOD_NOT_ALLOWED: 'Use one of the methods in the Allow header.',
  METHOD_NOT_IMPLEMENTED: 'The methods of each path are listed at /docs.',
  FILE_TOO_LARGE: 'Upload a smaller file, or one through another file route.',
  FILE_TYPE_NOT_ALLOWED: 'Upload a file of a type that the file route allows.',
  STORAGE_LIMIT_EXCEEDED: 'Delete files, or ask the operator of this server for another plan.',
  FILE_LIMIT_EXCEEDED: 'Delete files, or ask the operator of this server for another plan.',
  FILE_NOT_UPLOADED: 'PUT the whole file to its uploadUrl before you complete the upload.',
  RATE_LIMITED: 'Wait for as many seconds as Retry-After says.',
  STORAGE_UNAVAILABLE: 'Try again after as many seconds as Retry-After says.',
  INSUFFICIENT_STORAGE: 'The server is full: try again later, or ask its operator.',
  INTERNAL_ERROR: 'Try again later. If the error persists, send the X-Request-Id to the operator.',
};

/**
 * The errors of UploadKit, `{"error": "…", "code": "…"}`; too large a file is 403. The service's client library, the
 * only client with the key as a Bearer, expects `{"error": {type, code, message, suggestion}}`.
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

/** The code of a failure within a response. */
export function codeOf(code: ErrorCode): { code: string; message: string | undefined } {
  return { code: codes[code], message: messages[code] };
}
