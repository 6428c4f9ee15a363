import { claimMessages } from '../../web/claim/messages.ts';
import { errorsIn } from '../shared/errors.ts';
import type { Exchange } from '../shared/exchange.ts';

export function claimPage(exchange: Exchange, claim: string): Response {
  const { title } = exchange.pages.messages(exchange, claimMessages);
  return exchange.pages.reply(exchange, 'claim', title, { claim });
}

export function claimedPage(exchange: Exchange): Response {
  const { doneTitle, done } = exchange.pages.messages(exchange, claimMessages);
  return exchange.pages.reply(exchange, 'notice', doneTitle, { heading: doneTitle, paragraphs: [done] });
}

/** What goes wrong on this page is told on a page. */
export const loginErrors = errorsIn(
  (_code, message) => ({ body: message }),
  {},
  (exchange, status, body, headers) => {
    const { failedTitle } = exchange.pages.messages(exchange, claimMessages);
    const props = { heading: failedTitle, paragraphs: [String(body)] };
    return exchange.pages.reply(exchange, 'notice', failedTitle, props, { status, headers });
  },
);
