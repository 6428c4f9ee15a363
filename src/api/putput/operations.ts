import { errorResponses, object, parameter, response, text } from '../shared/operation-parts.ts';

/** The pages of PutPut in OpenAPI 3.1. */

const tags = ['putput'];
const open: never[] = [];
const page = { 'text/html': { schema: text } };

export const showClaimOperation = {
  tags,
  security: open,
  operationId: 'showClaim',
  summary: 'The page on which a guest keeps the account',
  parameters: [{ ...parameter('query', 'claim', 'From the claim_url.'), required: true }],
  responses: { 200: response('A page with a form.', page), ...errorResponses(page, 403, 404, 503) },
};

export const claimOperation = {
  tags,
  security: open,
  operationId: 'claimAccount',
  summary: 'Keep the account of a guest',
  requestBody: {
    required: true,
    content: {
      'application/x-www-form-urlencoded': {
        schema: object({ claim: text, email: { type: 'string', format: 'email' } }),
      },
    },
  },
  responses: {
    200: response('It is kept; the token is the same.', page),
    ...errorResponses(page, 400, 403, 404, 503),
  },
};
