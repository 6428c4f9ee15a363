import { createHash } from 'node:crypto';
import { ringTable } from '../../src/core/payloads/payload-id.ts';
import type { PostgresServer } from './server.ts';

/** Rows for one table of the ring: what their ids begin with, and their times (ms since the epoch). */
export type Slot = { createdAt: number; expiresAt: number };

const minute = 60_000;
const day = 24 * 60 * minute;

/** A slot of the class up to an hour whose payloads have all expired. */
export function expiredSlot(now: number, lapsAgo = 1): Slot {
  const expiresAt = now - lapsAgo * 10 * minute;
  return { createdAt: expiresAt - 30 * minute, expiresAt };
}

/** A slot of the class up to 14 days, whose payloads expire in so many days. */
export function futureSlot(now: number, days: number): Slot {
  return { createdAt: now, expiresAt: now + days * day };
}

/** A slot of the longest class, whose payloads have expired. */
export function expiredLongSlot(now: number): Slot {
  return { createdAt: now - 40 * day, expiresAt: now - 10 * minute };
}

/** The number of the table of a slot. */
export function leafOf(slot: Slot): number {
  return ringTable(slot) as number;
}

/** The id of a row that `fillSlot` inserts. */
export function idOf(slot: Slot, row: number): string {
  const start = leafOf(slot).toString(16).padStart(2, '0');
  return start + createHash('md5').update(String(row)).digest('hex').slice(2);
}

/**
 * Inserts rows 1 to `count` with inline content, and counts them as Mayfly does.
 *
 * @param spread The expiries are up to this much earlier (ms).
 */
export async function fillSlot(
  database: PostgresServer,
  slot: Slot,
  count: number,
  size: number,
  spread = 0,
): Promise<void> {
  const leaf = leafOf(slot);
  const start = leaf.toString(16).padStart(2, '0');
  await database.query(
    `INSERT INTO payloads (id, mime_type, content, size, is_text, created_at, expires_at)
     SELECT ('${start}' || substr(md5(n::text), 3))::uuid, 'text/plain', repeat('x', ${size})::bytea, ${size}, true,
       ${slot.createdAt}, ${slot.expiresAt} - floor(random() * ${spread})::int8 FROM generate_series(1, ${count}) AS n`,
  );
  await database.query(
    `INSERT INTO storage_counters (leaf, shard, inline_bytes, inline_rows, blob_bytes, anonymous_bytes)
     VALUES (${leaf}, 15, ${count * size}, ${count}, 0, ${count * size})
     ON CONFLICT (leaf, shard) DO UPDATE SET inline_bytes = storage_counters.inline_bytes + excluded.inline_bytes,
       inline_rows = storage_counters.inline_rows + excluded.inline_rows,
       anonymous_bytes = storage_counters.anonymous_bytes + excluded.anonymous_bytes`,
  );
}
