import { Type } from '@sinclair/typebox';
import { Failure } from '../../core/failure.ts';
import { readSmallBody } from '../shared/bodies/request-body.ts';
import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { searchOf } from '../shared/endpoints/query.ts';
import type { FileApi } from '../shared/file-api.ts';
import { countCall } from '../shared/rate-limits.ts';
import { claimedPage, claimPage } from './login-page.ts';

const Html = Type.String({ description: 'A page in HTML.' });
const pageEndpoint = endpointsOf({
  tag: 'putput',
  error: Html,
  errorName: 'PageError',
  errorType: 'text/html',
});
const page = (description: string) => ({ description, types: { 'text/html': Html } });
const Claim = Type.String({ description: 'The claim, from the claim_url of a guest.' });

const showClaim = pageEndpoint({
  method: 'GET',
  path: '/login',
  operationId: 'showClaim',
  summary: 'Show the page that claims an account',
  description: 'The page of the claim_url of a guest. Opening it does not use the claim.',
  query: Type.Object({ claim: Claim }),
  responses: { 200: page('A page with a form.') },
  errors: [404],
});

const claimAccount = pageEndpoint({
  method: 'POST',
  path: '/login',
  operationId: 'claimAccount',
  summary: 'Claim the account of a guest',
  description: 'The account moves to the plan free, and its token stays valid.',
  bodyTypes: {
    'application/x-www-form-urlencoded': Type.Object({
      claim: Claim,
      email: Type.String({ format: 'email', examples: ['ada@example.com'] }),
    }),
  },
  responses: { 200: page('The account is claimed.') },
  errors: [404],
});

export const showClaimPage = ({ accounts }: FileApi) =>
  showClaim.by(async (exchange) => {
    const claim = searchOf(exchange.request.url).get('claim') ?? '';
    if (!(await accounts.isClaimable(claim)))
      throw new Failure('not_found', 'The claim is unknown, or was used');
    return showClaim.pass(claimPage(exchange, claim));
  });

export const claim = (api: FileApi) =>
  claimAccount.by(async (exchange) => {
    await countCall(exchange, api.limits.claim, exchange.client, api.clock);
    const form = new URLSearchParams(new TextDecoder().decode(await readSmallBody(exchange)));
    const claim = form.get('claim') ?? '';
    try {
      await api.accounts.claim(claim, form.get('email')?.trim() ?? '');
    } catch (error) {
      const isInvalid = error instanceof Failure && error.code === 'invalid';
      if (isInvalid && (await api.accounts.isClaimable(claim)))
        return claimAccount.pass(claimPage(exchange, claim, true));
      throw error;
    }
    return claimAccount.pass(claimedPage(exchange));
  });
