import { createHmac } from 'node:crypto';

/**
 * The secret that signs the deliveries of a webhook, in the format of Standard Webhooks: `whsec_` and base64. It is
 * derived from the server's secret, so that the database stores none.
 */
export function webhookSecret(serverSecret: string | Uint8Array, webhookId: string): string {
  const key = createHmac('sha256', serverSecret).update(`webhook ${webhookId}`).digest('base64');
  return `whsec_${key}`;
}
