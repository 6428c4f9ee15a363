import type { RestoredReport } from '../../core/operation/restored.ts';
import { tableOfKeys } from './keys.ts';

/**
 * Prints what a restored database no longer contains, and what its operator must do.
 *
 * @param time The moment that was restored (RFC 3339).
 */
export function printRestored(report: RestoredReport, time: string): void {
  const { countedPayloads, uploads, requests, writes, expired, keys } = report;
  const counts: [number, string][] = [
    [countedPayloads, 'counted payloads, which may have been read since'],
    [expired.payloads, 'expired payloads'],
    [expired.objects, 'expired objects'],
    [expired.accounts, 'expired accounts'],
    [uploads + writes, 'unfinished uploads and writes'],
    [requests, 'unfinished idempotent requests'],
  ];
  for (const [count, what] of counts) if (count > 0) console.log(`Removed ${what}: ${count}`);
  // Guests and claimed accounts may be too many to show.
  const named = keys.filter(({ accountName }) => accountName !== null);
  console.log(
    `Active keys: ${keys.length}. Those that were revoked since ${time} are active again: mayfly keys revoke ID`,
  );
  if (named.length > 0) console.log(tableOfKeys(named));
  console.log(
    'Also repeat what else was done since: bans, takedowns (mayfly remove), deletions, buckets made private.',
  );
}
