import type { Elysia } from 'elysia';
import escapeHtml from 'escape-html';
import { reply } from '../shared/exchange.ts';
import { page, pageHeaders } from '../shared/page.ts';
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
        return explanation === undefined
          ? reply(exchange, 404, pageHeaders, page('Unknown error code', '<p>There is no such code.</p>'))
          : reply(exchange, 200, pageHeaders, errorPage(code, explanation));
      },
      operation: errorPageOperation,
    },
  });
}

function errorPage(code: string, { meaning, remedy }: { meaning: string; remedy: string }): string {
  return page(code, `<p>${escapeHtml(meaning)}</p><p>${escapeHtml(remedy)}</p>`);
}
