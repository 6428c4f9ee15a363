import type { Services } from '../../composition/index.ts';
import { table } from '../shared/table.ts';

export type NewRouteOptions = { account: string; maxSize: number; types: string; webhook?: string };

/** `routes create SLUG`: prints the secret of the route's webhook, if it has one. It is shown only here. */
export async function createRoute(
  { accounts, fileRoutes, webhookSecret }: Services,
  slug: string,
  { account, maxSize, types, webhook: webhookUrl }: NewRouteOptions,
): Promise<number> {
  const { webhook } = await fileRoutes.create(await accounts.named(account), slug, {
    maxSize,
    types: types
      .split(',')
      .map((type) => type.trim())
      .filter((type) => type !== ''),
    webhookUrl,
  });
  if (webhook) console.log(webhookSecret(webhook.id));
  return 0;
}

/** `routes list`. */
export async function listRoutes({ fileRoutes }: Services): Promise<number> {
  const rows = (await fileRoutes.list()).map(({ slug, accountName, maxSize, types, webhook }) => [
    slug,
    accountName,
    maxSize,
    types.join(',') || 'any',
    webhook?.url ?? null,
  ]);
  console.log(table(['SLUG', 'ACCOUNT', 'MAX SIZE', 'TYPES', 'WEBHOOK'], rows));
  return 0;
}

/** `routes delete SLUG`: open uploads can still be completed, but its webhook receives no more events. */
export async function deleteRoute(
  { accounts, fileRoutes }: Services,
  slug: string,
  { account }: { account: string },
): Promise<number> {
  await fileRoutes.remove(await accounts.named(account), slug);
  return 0;
}
