import { response } from '../shared/operation-parts.ts';

/** The pages are for people: the document of the API does not list them. */
export const hidden = { hide: true };

const common = {
  tags: ['server'],
  security: [],
};
const text = { schema: { type: 'string' } };
const failures = { '4XX': response('Not found.', { 'application/json': { schema: { type: 'object' } } }) };

export const llmsOperation = {
  ...common,
  operationId: 'llms',
  summary: 'How programs use this service (llmstxt.org)',
  responses: { 200: response('Markdown.', { 'text/plain': text }), ...failures },
};

export const sharexOperation = {
  ...common,
  operationId: 'sharex',
  summary: 'The configuration of a custom uploader for ShareX',
  responses: {
    200: response('A file to open with ShareX.', { 'application/json': { schema: { type: 'object' } } }),
    ...failures,
  },
};

export const robotsOperation = {
  ...common,
  operationId: 'robots',
  summary: 'What crawlers are to leave alone (RFC 9309)',
  responses: { 200: response('Plain text.', { 'text/plain': text }), ...failures },
};
