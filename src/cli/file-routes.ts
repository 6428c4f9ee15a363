import type { Services } from '../services.ts';
import { readArguments, readSize, requireOption } from './arguments.ts';
import { table } from './table.ts';

/** `routes create SLUG`: prints the secret of the route's webhook, where it has one. It is told only here. */
export async function createRoute(
  { accounts, fileRoutes, webhookSecret }: Services,
  given: string[],
): Promise<number> {
  const call = readArguments(given, ['account', 'max-size', 'types', 'webhook'], 1);
  const [slug = ''] = call.words;
  const accountName = requireOption(call, 'account');
  const maxSize = readSize('max-size', requireOption(call, 'max-size'));
  const { webhook } = await fileRoutes.create(await accounts.named(accountName), slug, {
    maxSize,
    types: (call.options.types ?? '')
      .split(',')
      .map((type) => type.trim())
      .filter((type) => type !== ''),
    webhookUrl: call.options.webhook,
  });
  if (webhook) console.log(webhookSecret(webhook.id));
  return 0;
}

/** `routes list`. */
export async function listRoutes({ fileRoutes }: Services, given: string[]): Promise<number> {
  readArguments(given, [], 0);
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

/** `routes delete SLUG`: what is under way by it can still be completed; its webhook hears nothing more. */
export async function deleteRoute({ accounts, fileRoutes }: Services, given: string[]): Promise<number> {
  const call = readArguments(given, ['account'], 1);
  const [slug = ''] = call.words;
  await fileRoutes.remove(await accounts.named(requireOption(call, 'account')), slug);
  return 0;
}
