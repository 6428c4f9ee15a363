import type { Static } from '@sinclair/typebox';
import { formatTime } from '../../../core/expiry.ts';
import type { StoredKey } from '../../../core/ports/accounts/account-store.ts';
import type { ApiKey } from '../schemas.ts';

export const path = '/v1/keys';

export function keyJson({ id, name, prefix, createdAt, lastUsedAt }: StoredKey): Static<typeof ApiKey> {
  return {
    id,
    name,
    prefix,
    createdAt: formatTime(createdAt),
    lastUsedAt: lastUsedAt === null ? null : formatTime(lastUsedAt),
  };
}
