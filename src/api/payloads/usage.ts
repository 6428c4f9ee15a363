import type { PayloadLimits } from '../../core/payloads/payloads.ts';
import { formatDuration, formatSize } from '../../core/quantity.ts';

/** The response to `curl HOST/`: commands to start with. */
export function usage(publicUrl: string, limits: PayloadLimits, anonymousCreate: boolean): string {
  const { maxAnonymousSize, defaultTtl, maxTtl } = limits;
  const key = anonymousCreate
    ? ''
    : `
This server asks for a key, with each of these:
  curl -H 'Authorization: Bearer pl_live_…' -T notes.txt ${publicUrl}/
`;
  return `Mayfly keeps things for a while.
${key}
Put, and get a URL:
  curl -T notes.txt ${publicUrl}/
  curl --data-binary @notes.txt ${publicUrl}/
  curl -F file=@notes.txt ${publicUrl}/
  date | curl -T - '${publicUrl}/?ttl=10m&max_reads=1'

Delete, with the X-Delete-Token that curl -i shows:
  curl -X DELETE -H 'X-Delete-Token: TOKEN' ${publicUrl}/api/v1/payloads/HASH_ID

Encrypt before it is sent:
  MAYFLY_URL=${publicUrl} mayfly put --encrypt notes.txt

Limits: ${formatSize(maxAnonymousSize)} each, kept ${formatDuration(defaultTtl)}, or as ttl says up to ${formatDuration(maxTtl)}.

API: ${publicUrl}/docs
For programs: ${publicUrl}/llms.txt
`;
}
