import type { Static } from '@sinclair/typebox';
import { formatTime } from '../../core/expiry.ts';
import type { CreatedPayload } from '../../core/payloads/payloads.ts';
import type { CreatedPayload as Created } from './schemas.ts';

/** The share URL, built from `PUBLIC_URL`, never from the Host header. */
export function shareUrl(publicUrl: string, id: string): string {
  return `${publicUrl}/p/${id}`;
}

/** The body of the response to a create request (docs/contract/payloads.md, "Creating"). */
export function createdBody(created: CreatedPayload, publicUrl: string): Static<typeof Created> {
  return {
    hash_id: created.id,
    expiry_time: formatTime(created.expiresAt),
    url: shareUrl(publicUrl, created.id),
    ...(created.deleteToken !== null && { delete_token: created.deleteToken }),
  };
}
