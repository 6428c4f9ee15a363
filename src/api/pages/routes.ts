import type { Elysia } from 'elysia';
import { accountMessages } from '../../web/account/messages.ts';
import { pastesMessages } from '../../web/pastes/messages.ts';
import { mountResource } from '../shared/resource.ts';
import { mountAssets } from './assets.ts';
import { pageOperation } from './operations.ts';

/** The pages that no API has, and what the browser loads. A PUT of such a name at the root is an upload. */
export function mountPages(app: Elysia): void {
  mountAssets(app);
  mountResource(
    app,
    '/pastes',
    {
      GET: {
        handler: (exchange) => {
          const { title } = exchange.pages.messages(exchange, pastesMessages);
          return exchange.pages.reply(exchange, 'pastes', title, {});
        },
        operation: pageOperation,
      },
    },
    { openEnded: true },
  );
  mountResource(
    app,
    '/account',
    {
      GET: {
        handler: (exchange) => {
          const { title } = exchange.pages.messages(exchange, accountMessages);
          return exchange.pages.reply(exchange, 'account', title, {});
        },
        operation: pageOperation,
      },
    },
    { openEnded: true },
  );
}
