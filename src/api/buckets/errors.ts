import type { FailureCode } from '../../core/failure.ts';
import { errorsIn } from '../shared/errors.ts';
import { codes } from './error-codes.ts';

export const errorPagesPath = '/docs/errors';

const fieldNames = {
  isPublic: 'public',
  mediaType: 'contentType',
  number: 'partNumber',
  expiryTime: 'ttl',
};

/**
 * The errors of docs/contract/buckets.md, "Errors": code, message, request id, and the URL of a page about the code.
 */
export const bucketErrors = errorsIn((code, message, { requestId, publicUrl }) => {
  const name = codes[code];
  const docsUrl = `${publicUrl}${errorPagesPath}/${name}`;
  return { body: { error: { code: name, message, requestId, docsUrl } } };
}, fieldNames);

/** The API's code for a failure that a response reports beside successes. */
export function codeOf(code: FailureCode): string {
  return codes[code];
}
