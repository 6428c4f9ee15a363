import { errorsIn } from '../shared/errors.ts';
import { serviceCodes } from '../shared/service-codes.ts';

/** What a user can do about an error. */
const hints: Record<string, string> = {
  UNAUTHORIZED: 'Send "Authorization: Bearer pp_…" with a token from POST /api/v1/auth/guest.',
  UPLOAD_NOT_FOUND: 'Uploads are valid for an hour and can be confirmed once: presign the file again.',
  NOT_FOUND: 'The paths of this server are listed at /docs.',
  METHOD_NOT_ALLOWED: 'The Allow header has the methods of this path.',
  METHOD_NOT_IMPLEMENTED: 'The methods of each path are listed at /docs.',
  RANGE_NOT_SATISFIABLE: 'The Content-Range header has the size of the file.',
  RATE_LIMITED: 'Wait for as many seconds as Retry-After says.',
  REQUEST_TIMEOUT: 'Send the request again, over a faster connection.',
  SERVER_BUSY: 'Try again after as many seconds as Retry-After says.',
  STORAGE_UNAVAILABLE: 'Try again after as many seconds as Retry-After says.',
  INSUFFICIENT_STORAGE: 'The server is full: try again later, or ask its operator.',
  SERVER_ERROR: 'Try again later. If the error persists, send the X-Request-Id to the operator.',
};

/**
 * Hints that repeat the message, which names the field and its bound: the service's command line shows only the hint.
 */
const remedies: Record<string, string> = {
  VALIDATION_ERROR: 'Correct the request and send it again.',
  FORBIDDEN: 'Ask the operator of this server.',
  FILE_NOT_FOUND: 'GET /api/v1/files lists your files.',
  UNSUPPORTED_CONTENT_ENCODING:
    'Send JSON without Content-Encoding, and a file with at most one coding of Accept-Encoding.',
  FILE_TOO_LARGE: 'Upload a smaller file, or claim the account if it is a guest.',
  CONTENT_TYPE_BLOCKED: 'Open the claim_url of the token: a claimed account may upload any type.',
  STORAGE_LIMIT_EXCEEDED: 'Delete files, or open the claim_url of the token for a larger limit.',
  FILE_LIMIT_EXCEEDED: 'Delete files, or open the claim_url of the token for a larger limit.',
  FILE_NOT_UPLOADED: 'PUT the file to the presigned_url first, whole and with the same Content-Type.',
  PRECONDITION_FAILED: 'Read the file again: it does not match the condition.',
};

/** The errors of docs/contract/putput.md, "Errors": `{"error": {code, message, hint}}`. */
export const putputErrors = errorsIn(
  (code, message) => {
    const name = serviceCodes[code];
    const hint = hints[name] ?? `${message}. ${remedies[name] ?? ''}`.trimEnd();
    return { body: { error: { code: name, message, hint } } };
  },
  { name: 'filename', mediaType: 'content_type', size: 'size_bytes', expiryTime: 'expires_at' },
);
