import { type ErrorCode, errorsIn } from '../shared/errors.ts';
import { replyJson } from '../shared/exchange.ts';
import { isPageForm } from './page-form.ts';
import { refusalPage } from './pages.ts';

/** Where the core's words are too few: it knows no headers. */
const messages: Partial<Record<ErrorCode, string>> = {
  forbidden: 'Deleting this payload needs its delete token in X-Delete-Token',
};

/**
 * Errors in the shape of docs/contract/payloads.md, "Errors": `{"error": "…"}`; for a request with the page's form,
 * a page that says the same.
 */
export const payloadErrors = errorsIn(
  (code, message) => ({ body: { error: messages[code] ?? message } }),
  {
    mediaType: 'mime_type',
    expiryTime: 'expiry_time',
    maxReads: 'max_reads',
    name: 'The file name',
    length: 'Content-Length',
  },
  (exchange, status, body, headers) =>
    isPageForm(exchange)
      ? refusalPage(exchange, status, (body as { error: string }).error, headers)
      : replyJson(exchange, status, body, headers),
);
