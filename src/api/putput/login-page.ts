import { claimMessages } from '../../web/claim/messages.ts';
import type { ClaimProps } from '../../web/claim/page.tsx';
import { type ErrorCode, errorsIn } from '../shared/errors.ts';
import type { Exchange, PageOptions } from '../shared/exchange.ts';

/** @param isEmailRefused Whether the form is shown again, for another email address. */
export function claimPage(exchange: Exchange, claim: string, isEmailRefused = false): Response {
  const { title } = exchange.pages.messages(exchange, claimMessages);
  const status = isEmailRefused ? 400 : 200;
  return replyClaim(exchange, title, { state: 'form', claim, isEmailRefused }, { status });
}

export function claimedPage(exchange: Exchange): Response {
  const { doneTitle } = exchange.pages.messages(exchange, claimMessages);
  return replyClaim(exchange, doneTitle, { state: 'done' });
}

function replyClaim(exchange: Exchange, title: string, props: ClaimProps, options?: PageOptions): Response {
  return exchange.pages.reply(exchange, 'claim', title, props, { ...options, isSecret: true });
}

type Reason = 'unknownClaim' | 'notAForm' | 'tooMany' | 'refused' | 'wrongMethod' | 'away';

const reasons: Partial<Record<ErrorCode, Reason>> = {
  not_found: 'unknownClaim',
  path_not_found: 'unknownClaim',
  invalid: 'notAForm',
  body_broken_off: 'notAForm',
  rate_limited: 'tooMany',
  banned: 'refused',
  method_not_allowed: 'wrongMethod',
  method_not_implemented: 'wrongMethod',
};

/** Errors of this page are shown as a page. */
export const loginErrors = errorsIn(
  (code) => ({ body: reasons[code] ?? 'away' }),
  {},
  (exchange, status, body, headers) => {
    const texts = exchange.pages.messages(exchange, claimMessages);
    const props = { state: 'failed', reason: texts[body as Reason] } as const;
    return replyClaim(exchange, texts.failedTitle, props, { status, headers });
  },
);
