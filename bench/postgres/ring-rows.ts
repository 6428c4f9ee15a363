import { createHash } from 'node:crypto';
import type { PostgresServer } from './server.ts';

/** Rows for one table of the ring: what their ids begin with, and their times (ms since the epoch). */
export type Slot = { createdAt: number; expiresAt: number };

const minute = 60_000;
const day = 24 * 60 * minute;

/** The classes of payloads by TTL, and the widths of their slots (docs/contract/payloads.md). */
const widths = { hour: { index: 0, width: 5 * minute }, fortnight: { index: 2, width: day } };

/** A slot of the class up to an hour whose payloads have all expired. */
export function expiredSlot(now: number, lapsAgo = 1): Slot {
  const expiresAt = now - lapsAgo * 10 * minute;
  return { createdAt: expiresAt - 30 * minute, expiresAt };
}

/** A slot of the class up to 14 days, whose payloads expire in so many days. */
export function futureSlot(now: number, days: number): Slot {
  return { createdAt: now, expiresAt: now + days * day };
}

/** The number of the table of a slot. */
export function leafOf({ createdAt, expiresAt }: Slot): number {
  const { index, width } = expiresAt - createdAt <= 60 * minute ? widths.hour : widths.fortnight;
  return index * 16 + (Math.floor(expiresAt / width) % 16);
}

/** The id of a row that `fillSlot` inserts. */
export function idOf(slot: Slot, row: number): string {
  const start = leafOf(slot).toString(16).padStart(2, '0');
  return start + createHash('md5').update(String(row)).digest('hex').slice(2);
}

/** Inserts rows 1 to `count` with inline content, and counts them as Mayfly does. */
export async function fillSlot(
  database: PostgresServer,
  slot: Slot,
  count: number,
  size: number,
): Promise<void> {
  const leaf = leafOf(slot);
  const start = leaf.toString(16).padStart(2, '0');
  await database.query(
    `INSERT INTO payloads (id, mime_type, content, size, is_text, created_at, expires_at)
     SELECT ('${start}' || substr(md5(n::text), 3))::uuid, 'text/plain', repeat('x', ${size})::bytea, ${size}, true,
       ${slot.createdAt}, ${slot.expiresAt} FROM generate_series(1, ${count}) AS n`,
  );
  await database.query(
    `INSERT INTO storage_counters (leaf, shard, inline_bytes, inline_rows, blob_bytes, anonymous_bytes)
     VALUES (${leaf}, 15, ${count * size}, ${count}, 0, ${count * size})
     ON CONFLICT (leaf, shard) DO UPDATE SET inline_bytes = storage_counters.inline_bytes + excluded.inline_bytes,
       inline_rows = storage_counters.inline_rows + excluded.inline_rows,
       anonymous_bytes = storage_counters.anonymous_bytes + excluded.anonymous_bytes`,
  );
}
