import { Failure } from '../../core/failure.ts';
import type { Exchange } from '../shared/exchange.ts';
import type { FileApi } from '../shared/file-api.ts';
import { countCall } from '../shared/rate-limits.ts';
import { readSmallBody } from '../shared/request-body.ts';
import { claimedPage, claimPage } from './login-page.ts';

/** `GET /login?claim=…`: the page on which a guest makes an account theirs. Looking at it uses nothing up. */
export async function showClaim(exchange: Exchange, { accounts }: FileApi): Promise<Response> {
  const claim = new URL(exchange.request.url).searchParams.get('claim') ?? '';
  if (!(await accounts.isClaimable(claim)))
    throw new Failure('not_found', 'The claim is unknown, or was used');
  return claimPage(exchange, claim);
}

/** `POST /login`, form-encoded: `claim` and `email`. */
export async function claimAccount(exchange: Exchange, api: FileApi): Promise<Response> {
  await countCall(exchange, api.limits.claim, exchange.client, api.clock);
  const form = new URLSearchParams(new TextDecoder().decode(await readSmallBody(exchange)));
  const claim = form.get('claim') ?? '';
  try {
    await api.accounts.claim(claim, form.get('email')?.trim() ?? '');
  } catch (error) {
    const isInvalid = error instanceof Failure && error.code === 'invalid';
    if (isInvalid && (await api.accounts.isClaimable(claim))) return claimPage(exchange, claim, true);
    throw error;
  }
  return claimedPage(exchange);
}
