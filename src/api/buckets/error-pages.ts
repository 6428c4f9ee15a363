import type { Elysia } from 'elysia';
import type { Exchange } from '../shared/exchange.ts';
import { mountResource } from '../shared/resource.ts';
import { explanations } from './error-codes.ts';
import { errorPagesPath } from './errors.ts';
import { errorPageOperation } from './operations.ts';

/** A page about each code, which `docsUrl` of an error leads to. */
export function mountErrorPages(app: Elysia): void {
  mountResource(app, `${errorPagesPath}/:code`, {
    GET: {
      handler: (exchange, { code = '' }) => {
        const explanation = Object.hasOwn(explanations, code) ? explanations[code] : undefined;
        if (explanation === undefined)
          return replyNotice(exchange, 404, 'Unknown error code', ['There is no such code.']);
        return replyNotice(exchange, 200, code, [explanation.meaning, explanation.remedy]);
      },
      operation: errorPageOperation,
    },
  });
}

function replyNotice(exchange: Exchange, status: number, heading: string, paragraphs: string[]): Response {
  const links = [{ path: '/docs', text: 'All of the API' }];
  // What errors say is in English too.
  const props = { heading, paragraphs, links, lang: 'en' } as const;
  return exchange.pages.reply(exchange, 'notice', heading, props, { status });
}
