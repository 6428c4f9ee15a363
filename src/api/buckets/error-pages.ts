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
