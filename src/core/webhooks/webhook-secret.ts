import { createHmac } from 'node:crypto';

/**
 * The secret that a webhook's deliveries are signed with, in the form of Standard Webhooks: `whsec_` and base64.
 * It is derived from the server's secret each time, so that none lies in the database.
 */
export function webhookSecret(serverSecret: string | Uint8Array, webhookId: string): string {
  const key = createHmac('sha256', serverSecret).update(`webhook ${webhookId}`).digest('base64');
  return `whsec_${key}`;
}
