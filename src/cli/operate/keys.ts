import type { Services } from '../../composition/index.ts';
import { formatTime } from '../../core/expiry.ts';
import type { KeyKind, StoredKey } from '../../core/ports/accounts/account-store.ts';
import { table } from '../shared/table.ts';

/** PutPut's tokens are missing: clients create those themselves. */
export type NewKeyOptions = {
  kind: Extract<KeyKind, 'storage' | 'uploadkit' | 'payload'>;
  account: string;
  plan?: string;
  name?: string;
};

/** `keys create`: prints only the key, for scripts. It cannot be shown again. */
export async function createKey(
  { accounts }: Services,
  { kind, account, plan, name }: NewKeyOptions,
): Promise<number> {
  const { secret } = await accounts.createKey(kind, account, { plan, name });
  console.log(secret);
  return 0;
}

/** `keys list`: active keys, without their secrets. */
export async function listKeys({ accounts }: Services): Promise<number> {
  console.log(tableOfKeys(await accounts.listKeys()));
  return 0;
}

export function tableOfKeys(keys: (StoredKey & { accountName: string | null })[]): string {
  const rows = keys.map(({ id, kind, accountName, name, prefix, createdAt, lastUsedAt }) => [
    id,
    kind,
    accountName,
    name,
    `${prefix}…`,
    formatTime(createdAt),
    lastUsedAt === null ? 'never' : formatTime(lastUsedAt),
  ]);
  return table(['ID', 'KIND', 'ACCOUNT', 'NAME', 'KEY', 'CREATED', 'LAST USED'], rows);
}

/** `keys revoke ID`: also takes effect in a running server at once. */
export async function revokeKey({ accounts }: Services, id: string): Promise<number> {
  await accounts.revokeKey(id);
  return 0;
}
