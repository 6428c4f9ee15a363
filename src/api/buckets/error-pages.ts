import type { Elysia } from 'elysia';
import type { Exchange } from '../shared/exchange.ts';
import { mountResource } from '../shared/resource.ts';
import { explanations } from './error-codes.ts';
import { errorPagesPath } from './errors.ts';

const page = { 'text/html': { schema: { type: 'string' } } };
const errorPageOperation = {
  tags: ['server'],
  security: [] as never[],
  operationId: 'readErrorPage',
  summary: 'A page about an error code of the bucket API',
  parameters: [
    { in: 'path', name: 'code', description: 'The code.', required: true, schema: { type: 'string' } },
  ],
  responses: {
    200: { description: 'The page.', content: page },
    404: { description: 'There is no such code.', content: page },
  },
};

/** A page about each code, which `docsUrl` of an error leads to. */
export function mountErrorPages(app: Elysia): void {
  mountResource(app, `${errorPagesPath}/:code`, {
    GET: {
      handler: (exchange, { code = '' }) => {
        if (!isExplained(code))
          return replyNotice(exchange, 404, 'Unknown error code', ['There is no such code.']);
        const { meaning, remedy } = explanations[code];
        return replyNotice(exchange, 200, code, [meaning, remedy]);
      },
      operation: errorPageOperation,
    },
  });
}

function isExplained(code: string): code is keyof typeof explanations {
  return Object.hasOwn(explanations, code);
}

function replyNotice(exchange: Exchange, status: number, heading: string, paragraphs: string[]): Response {
  const links = [{ path: '/docs', text: 'All of the API' }];
  // What errors say is in English too.
  const props = { heading, paragraphs, links, lang: 'en' } as const;
  return exchange.pages.reply(exchange, 'notice', heading, props, { status });
}
