import type { PayloadLimits } from '../../core/payloads/payloads.ts';
import { formatDuration, formatSize } from '../../core/quantity.ts';

/** The response to `curl HOST/`: commands to start with. */
export function usage(publicUrl: string, limits: PayloadLimits, anonymousCreate: boolean): string {
  const { maxAnonymousSize, defaultTtl, maxTtl } = limits;
  const key = anonymousCreate
    ? ''
    : `
This server requires a key for uploads:
  curl -H 'Authorization: Bearer pl_live_…' -T notes.txt ${publicUrl}/
`;
  return `Mayfly stores content that expires.
${key}
Upload content and get a URL:
  curl -T notes.txt ${publicUrl}/
  curl --data-binary @notes.txt ${publicUrl}/
  curl -F file=@notes.txt ${publicUrl}/
  date | curl -T - '${publicUrl}/?ttl=10m&max_reads=1'

Delete content (curl -i shows the X-Delete-Token of an upload):
  curl -X DELETE -H 'X-Delete-Token: TOKEN' ${publicUrl}/api/v1/payloads/HASH_ID

Encrypt content before the upload:
  MAYFLY_URL=${publicUrl} mayfly put --encrypt notes.txt

Limits: at most ${formatSize(maxAnonymousSize)} each. Default TTL: ${formatDuration(defaultTtl)}, at most ${formatDuration(maxTtl)}.

API: ${publicUrl}/docs
For programs: ${publicUrl}/llms.txt
`;
}
