import { errorsIn } from '../shared/errors.ts';
import { replyJson } from '../shared/exchange.ts';
import { isPageForm } from './creation/page-form.ts';
import { refusalPage } from './pages.ts';

/**
 * The errors of docs/contract/payloads.md, "Errors": `{"error": "…"}`. The page's form gets a page with the same
 * message.
 */
export const payloadErrors = errorsIn(
  (_code, message) => ({ body: { error: message } }),
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
