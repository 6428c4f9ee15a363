import type { Elysia } from 'elysia';
import type { PayloadLimits } from '../../core/payloads/payloads.ts';
import { accountMessages } from '../../web/account/messages.ts';
import { pastesMessages } from '../../web/pastes/messages.ts';
import { mountResource, undocumented } from '../shared/endpoints/resource.ts';
import type { Exchange } from '../shared/exchange.ts';
import { mountAssets } from './asset-routes.ts';
import type { Assets } from './assets.ts';
import { mountProgramRoutes } from './program-routes.ts';

/** Mounts the pages outside of the APIs, the assets, and the files for programs. */
export function mountPages(
  app: Elysia,
  assets: Assets,
  limits: PayloadLimits,
  anonymousCreate: boolean,
): void {
  mountAssets(app, assets);
  mountProgramRoutes(app, limits, anonymousCreate);
  const mount = (path: string, handler: (exchange: Exchange) => Response) =>
    mountResource(app, path, { GET: { handler, operation: undocumented } });
  mount('/pastes', (exchange) => {
    const { title } = exchange.pages.messages(exchange, pastesMessages);
    return exchange.pages.reply(exchange, 'pastes', title, {});
  });
  mount('/account', (exchange) => {
    const { title } = exchange.pages.messages(exchange, accountMessages);
    return exchange.pages.reply(exchange, 'account', title, {});
  });
}
