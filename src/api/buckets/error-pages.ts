import { Type } from '@sinclair/typebox';
import { serverEndpoint } from '../shared/endpoints/server-endpoints.ts';
import type { Exchange } from '../shared/exchange.ts';
import { explanations } from './error-codes.ts';
import { errorPagesPath } from './errors.ts';

const page = { 'text/html': Type.String() };

const readErrorPage = serverEndpoint({
  method: 'GET',
  path: `${errorPagesPath}/:code`,
  operationId: 'readErrorPage',
  summary: 'Get a page about an error code of the bucket API',
  description: 'The field docsUrl of an error has the URL of its page.',
  params: Type.Object({ code: Type.String({ description: 'The error code.' }) }),
  responses: {
    200: { description: 'The page.', types: page },
    404: { description: 'The code does not exist.', types: page },
  },
  errors: [405, 503],
});

export const readPage = readErrorPage.by((exchange, { code }) => {
  if (!isExplained(code))
    return readErrorPage.pass(replyNotice(exchange, 404, 'Unknown error code', ['There is no such code.']));
  const { meaning, remedy } = explanations[code];
  return readErrorPage.pass(replyNotice(exchange, 200, code, [meaning, remedy]));
});

function isExplained(code: string): code is keyof typeof explanations {
  return Object.hasOwn(explanations, code);
}

function replyNotice(exchange: Exchange, status: number, heading: string, paragraphs: string[]): Response {
  const links = [{ path: '/docs', text: 'All of the API' }];
  // In English, as the error messages.
  const props = { heading, paragraphs, links, lang: 'en' } as const;
  return exchange.pages.reply(exchange, 'notice', heading, props, { status });
}
