import { type ErrorCode, errorsIn } from '../shared/errors.ts';
import { serviceCodes } from '../shared/service-codes.ts';

const codes: Record<ErrorCode, string> = {
  ...serviceCodes,
  upload_not_found: 'FILE_NOT_FOUND',
  type_refused: 'FILE_TYPE_NOT_ALLOWED',
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
