import { type ErrorCode, errorsIn } from '../shared/errors.ts';

/** Where the core's words are too few: it knows no headers. */
const messages: Partial<Record<ErrorCode, string>> = {
  forbidden: 'Deleting this payload needs its delete token in X-Delete-Token',
};

/** Errors in seed 004's shape: `{"error": "…"}`. */
export const payloadErrors = errorsIn((code, message) => ({ body: { error: messages[code] ?? message } }), {
  mediaType: 'mime_type',
  expiryTime: 'expiry_time',
  maxReads: 'max_reads',
  name: 'The file name',
  length: 'Content-Length',
});
