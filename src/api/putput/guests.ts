import { formatTime } from '../../core/expiry.ts';
import { type Exchange, replyJson } from '../shared/exchange.ts';
import type { FileApi } from '../shared/file-api.ts';
import { countCall } from '../shared/rate-limits.ts';

/** `POST /auth/guest`: an account for whoever asks. */
export async function createGuest(exchange: Exchange, api: FileApi): Promise<Response> {
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
  return replyJson(exchange, 201, body, { 'cache-control': 'no-store' });
}

/** PutPut's way to say that there is no limit (docs/contract/putput.md, "Guests"). */
function orNoLimit(limit: number | null): number {
  return limit ?? -1;
}
