import { formatTime } from '../../core/expiry.ts';
import type { KeyKind } from '../../core/ports/account-store.ts';
import type { Services } from '../../services.ts';
import { table } from '../shared/table.ts';

/** PutPut's tokens are made by whoever wants one, and by no operator. */
export type NewKeyOptions = {
  kind: Extract<KeyKind, 'storage' | 'uploadkit' | 'payload'>;
  account: string;
  plan?: string;
  name?: string;
};

/** `keys create`: prints the key alone, so that a script can take it. It cannot be told again. */
export async function createKey(
  { accounts }: Services,
  { kind, account, plan, name }: NewKeyOptions,
): Promise<number> {
  const { secret } = await accounts.createKey(kind, account, { plan, name });
  console.log(secret);
  return 0;
}

/** `keys list`: every key that is in force, without its secret. */
export async function listKeys({ accounts }: Services): Promise<number> {
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
export async function revokeKey({ accounts }: Services, id: string): Promise<number> {
  await accounts.revokeKey(id);
  return 0;
}
