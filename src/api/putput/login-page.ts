import escapeHtml from 'escape-html';
import { errorsIn } from '../shared/errors.ts';
import { reply } from '../shared/exchange.ts';
import { page, pageHeaders } from '../shared/page.ts';

export function claimPage(claim: string): string {
  return page(
    'Keep your files',
    `<p>Tell your email address, and this account and its files stay when a guest's would go. Your token stays the
same.</p>
<form method="post" action="/login">
<input type="hidden" name="claim" value="${escapeHtml(claim)}">
<label for="email">Email</label>
<input id="email" name="email" type="email" required autocomplete="email" maxlength="254" autofocus>
<button>Keep my files</button>
</form>`,
  );
}

export function claimedPage(): string {
  return page(
    'It is yours',
    '<p>The account and its files stay from now on. Your token is the same as before; you can close this page.</p>',
  );
}

/** What goes wrong on this page is told on a page. */
export const loginErrors = errorsIn(
  (_code, message) => ({ body: message }),
  {},
  (exchange, status, body, headers) =>
    reply(
      exchange,
      status,
      { ...pageHeaders, ...headers },
      page('That did not work', `<p>${escapeHtml(String(body))}</p>`),
    ),
);
