import { Type } from '@sinclair/typebox';
import { formatTime } from '../../core/expiry.ts';
import type { FileApi } from '../shared/file-api.ts';
import { countCall } from '../shared/rate-limits.ts';
import { endpoint } from './endpoints.ts';
import { Guest } from './schemas.ts';

const createGuest = endpoint({
  method: 'POST',
  path: '/auth/guest',
  operationId: 'createGuest',
  summary: 'Get a token; no account is needed',
  description: 'The files of a guest expire with its account.',
  security: [],
  responses: {
    201: {
      description: 'The token, and the URL that claims its account.',
      body: Guest,
      headers: { 'cache-control': Type.String({ description: 'no-store: the token is a secret.' }) },
    },
  },
});

export const create = (api: FileApi) =>
  createGuest.by(async (exchange) => {
    api.accounts.requireGuests();
    await countCall(exchange, api.limits.guest, exchange.client, api.clock);
    const { token, claim, account, plan } = await api.accounts.createGuest();
    const body = {
      token,
      claim_url: `${api.publicUrl}/login?claim=${claim}`,
      limits: {
        storage_bytes: orNoLimit(plan.maxStoredBytes),
        max_file_size_bytes: orNoLimit(plan.maxObjectBytes),
        max_files: orNoLimit(plan.maxObjects),
        expires_at: account.expiresAt === null ? null : formatTime(account.expiresAt),
      },
    };
    return createGuest.answer(exchange, 201, body, { 'cache-control': 'no-store' });
  });

/** -1 means no limit (docs/contract/putput.md, "Guests"). */
function orNoLimit(limit: number | null): number {
  return limit ?? -1;
}
