import { formatTime } from '../core/expiry.ts';
import type { KeyKind } from '../core/ports/account-store.ts';
import type { Services } from '../services.ts';
import { readArguments, requireOption, UsageError } from './arguments.ts';
import { table } from './table.ts';

/** The kinds of keys that an operator makes; PutPut's tokens are made by whoever wants one. */
const kinds: Record<string, KeyKind> = { storage: 'storage', uploadkit: 'uploadkit' };

/** `keys create`: prints the key alone, so that a script can take it. It cannot be told again. */
export async function createKey({ accounts }: Services, given: string[]): Promise<number> {
  const call = readArguments(given, ['kind', 'account', 'plan', 'name'], 0);
  const kindName = requireOption(call, 'kind');
  const kind = Object.hasOwn(kinds, kindName) ? kinds[kindName] : undefined;
  if (kind === undefined) throw new UsageError(`--kind must be ${Object.keys(kinds).join(' or ')}`);
  const { plan, name } = call.options;
  const { secret } = await accounts.createKey(kind, requireOption(call, 'account'), { plan, name });
  console.log(secret);
  return 0;
}

/** `keys list`: every key that is in force, without its secret. */
export async function listKeys({ accounts }: Services, given: string[]): Promise<number> {
  readArguments(given, [], 0);
  const rows = (await accounts.listKeys()).map(
    ({ id, kind, accountName, name, prefix, createdAt, lastUsedAt }) => [
      id,
      kind,
      accountName,
      name,
      `${prefix}…`,
      formatTime(createdAt),
      lastUsedAt === null ? 'never' : formatTime(lastUsedAt),
    ],
  );
  console.log(table(['ID', 'KIND', 'ACCOUNT', 'NAME', 'KEY', 'CREATED', 'LAST USED'], rows));
  return 0;
}

/** `keys revoke ID`: at once, for a running server too. */
export async function revokeKey({ accounts }: Services, given: string[]): Promise<number> {
  const [id = ''] = readArguments(given, [], 1).words;
  await accounts.revokeKey(id);
  return 0;
}
