import type { BlobClaim, BlobJournal, ClaimedBlob } from '../../../core/ports/content/blob-journal.ts';
import { Batcher } from '../database/batcher.ts';
import { isOfServer } from '../database/errors.ts';
import { prepared, unprepared } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Writes } from '../database/writes.ts';

type Reservation = { key: string; leaseUntil: number; removeAgainAt: number | undefined };
type Renewal = { key: string; leaseUntil: number };

/** A part whose row was deleted. */
export type ReleasedPart = { key: string; size: number; accountId: string | null };

const maxBatch = 500;
/** The maximum number of leases that one statement ends. No index finds them. */
const maxEnded = 10_000;

export class PostgresBlobJournal implements BlobJournal {
  readonly #writes: Writes;
  readonly #releaseGrace: number;
  readonly #reservations: Batcher<Reservation, undefined>;
  readonly #renewals: Batcher<Renewal, boolean>;

  /** @param releaseGrace How long readers may still need the parts of removed content (ms). */
  constructor(writes: Writes, releaseGrace = 0) {
    this.#writes = writes;
    this.#releaseGrace = releaseGrace;
    this.#reservations = new Batcher({
      flush: (items) => this.#reserve(items),
      isOfItem: isOfServer,
      maxItems: maxBatch,
    });
    this.#renewals = new Batcher({ flush: (items) => this.#renew(items), maxItems: maxBatch });
  }

  reserve(key: string, now: number, leaseTime: number, removeAgainAfter?: number): Promise<void> {
    const removeAgainAt = removeAgainAfter === undefined ? undefined : now + removeAgainAfter;
    return this.#reservations.add({ key, leaseUntil: now + leaseTime, removeAgainAt });
  }

  /** Enters a key that belongs to its writer until the lease ends. */
  async enterForWriting(
    tx: Transaction,
    key: string,
    leaseUntil: number,
    removeAgainAt?: number,
  ): Promise<void> {
    await tx.run(reserve, reserved([{ key, leaseUntil, removeAgainAt }]));
  }

  /** Records the blob store's own id of an upload in parts under a key. */
  async noteUpload(tx: Transaction, key: string, directUploadId: string): Promise<void> {
    await tx.run(noteUpload, [key, directUploadId]);
  }

  renew(key: string, now: number, leaseTime: number): Promise<boolean> {
    return this.#renewals.add({ key, leaseUntil: now + leaseTime });
  }

  async discard(key: string, now: number): Promise<void> {
    await this.#writes.single(discard, [[key], now]);
  }

  async enterForRemoval(tx: Transaction, keys: string[], now: number): Promise<void> {
    if (keys.length > 0) await tx.run(discard, [sorted(keys), now]);
  }

  /** Enters the parts of removed content. Until they are removed, they count as stored. */
  async enterReleased(tx: Transaction, parts: ReleasedPart[], now: number): Promise<void> {
    const keys = parts.map(({ key }) => key);
    if (this.#releaseGrace === 0) return this.enterForRemoval(tx, keys, now);
    if (parts.length === 0) return;
    const sizes = new Map(parts.map(({ key, size }) => [key, size]));
    const owners = parts.map(({ accountId }) => accountId);
    const values = [keys, parts.map(({ size }) => size), owners, now + this.#releaseGrace];
    for (const { key, isAnonymous } of await tx.all<{ key: string; isAnonymous: boolean }>(release, values)) {
      const size = sizes.get(key) ?? 0;
      tx.books.store({ blobBytes: size, anonymousBytes: isAnonymous ? size : 0 });
    }
  }

  /** Removes the entry of a writer. @returns Whether the writer still held it. */
  async publish(tx: Transaction, key: string): Promise<boolean> {
    return (await tx.run(publish, [key])).count === 1;
  }

  async claimDue(now: number, leaseTime: number, limit: number, leasesEndedBy = now): Promise<ClaimedBlob[]> {
    const values = [now, now + leaseTime, limit, leasesEndedBy];
    return (await this.#writes.single<ClaimedBlob>(claim, values)).rows;
  }

  async endLeases(now: number): Promise<number> {
    for (let ended = 0; ; ) {
      const { count } = await this.#writes.single(endLeases, [now, maxEnded]);
      if (count === 0) return ended;
      ended += count;
    }
  }

  async postpone({ key, attempts }: BlobClaim, now: number, delay: number): Promise<void> {
    await this.#writes.single(postpone, [key, attempts, now + delay]);
  }

  async forget(claims: BlobClaim[], now: number): Promise<void> {
    if (claims.length === 0) return;
    const values = [claims.map(({ key }) => key), claims.map(({ attempts }) => attempts), now];
    await this.#writes.atomic(async (tx) => {
      const held = await tx.first<{ blobBytes: number; anonymousBytes: number }>(forget, values);
      const { blobBytes = 0, anonymousBytes = 0 } = held ?? {};
      tx.books.store({ blobBytes: -blobBytes, anonymousBytes: -anonymousBytes });
    });
  }

  async known(keys: string[]): Promise<Set<string>> {
    const rows = await this.#writes.sql.read<{ key: string }>(known, [keys]);
    return new Set(rows.map(({ key }) => key));
  }

  async count(): Promise<number> {
    const [row] = await this.#writes.sql.read<{ count: number }>(count);
    return row?.count ?? 0;
  }

  async #reserve(items: Reservation[]): Promise<undefined[]> {
    await this.#writes.single(reserve, reserved(items), [], items.length);
    return items.map(() => undefined);
  }

  async #renew(items: Renewal[]): Promise<boolean[]> {
    const values = [items.map(({ key }) => key), items.map(({ leaseUntil }) => leaseUntil)];
    const { rows } = await this.#writes.single<{ key: string }>(renew, values, [], items.length);
    const renewed = new Set(rows.map(({ key }) => key));
    return items.map(({ key }) => renewed.has(key));
  }
}

function reserved(items: Reservation[]): unknown[] {
  return [
    items.map(({ key }) => key),
    items.map(({ leaseUntil }) => leaseUntil),
    items.map(({ removeAgainAt }) => removeAgainAt ?? null),
  ];
}

/** Each key once, in one order for all transactions. */
function sorted(keys: string[]): string[] {
  return [...new Set(keys)].sort();
}

const reserve = prepared(
  `INSERT INTO blob_journal (key, purpose, due_at, attempts, remove_again_at)
   SELECT key, 'write', lease_until, 0, remove_again_at
   FROM unnest($1::text[], $2::int8[], $3::int8[]) AS reserved (key, lease_until, remove_again_at)`,
);
const noteUpload = prepared('UPDATE blob_journal SET direct_upload_id = $2 WHERE key = $1');
// A key has one writer, so two statements never renew the same keys in different orders.
const renew = prepared(
  `UPDATE blob_journal AS journal SET due_at = renewed.lease_until
   FROM unnest($1::text[], $2::int8[]) AS renewed (key, lease_until)
   WHERE journal.key = renewed.key AND purpose = 'write' RETURNING journal.key`,
);
const publish = prepared(`DELETE FROM blob_journal WHERE key = $1 AND purpose = 'write'`);
// An earlier claim must not forget the record: its removal may have come before the last bytes.
const discard = prepared(
  `INSERT INTO blob_journal AS existing (key, purpose, due_at, attempts)
   SELECT key, 'remove', $2, 0 FROM unnest($1::text[]) AS key
   ON CONFLICT (key) DO UPDATE SET
     purpose = 'remove', due_at = excluded.due_at, attempts = existing.attempts + (existing.purpose = 'remove')::int`,
);
const release = prepared(
  `INSERT INTO blob_journal AS existing (key, purpose, due_at, attempts, held_bytes, is_anonymous)
   SELECT released.key, 'remove', $4, 0, size, account_id IS NULL OR (accounts.id IS NOT NULL AND name IS NULL)
   FROM unnest($1::text[], $2::int8[], $3::text[]) AS released (key, size, account_id)
   LEFT JOIN accounts ON accounts.id = account_id ORDER BY released.key
   ON CONFLICT (key) DO UPDATE SET
     purpose = 'remove', due_at = excluded.due_at, attempts = existing.attempts + (existing.purpose = 'remove')::int,
     held_bytes = existing.held_bytes + excluded.held_bytes, is_anonymous = excluded.is_anonymous
   RETURNING key, is_anonymous AS "isAnonymous"`,
);
// A record that was renewed or claimed in the meantime is not due: the condition is checked again when it is updated.
const claim = prepared(
  `WITH due AS (
     SELECT key FROM blob_journal WHERE due_at <= $1 AND (purpose <> 'write' OR due_at <= $4)
     ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
   UPDATE blob_journal AS journal SET purpose = 'remove', due_at = $2, attempts = attempts + 1
   FROM due WHERE journal.key = due.key AND journal.due_at <= $1
   RETURNING journal.key, attempts, direct_upload_id AS "directUploadId"`,
);
const endLeases = unprepared(
  `UPDATE blob_journal SET purpose = 'remove', due_at = $1
   WHERE key = ANY (ARRAY(SELECT key FROM blob_journal WHERE purpose = 'write' LIMIT $2))`,
);
const postpone = prepared('UPDATE blob_journal SET due_at = $3 WHERE key = $1 AND attempts = $2');
const forget = unprepared(
  `WITH listed AS (
     SELECT journal.key, remove_again_at, held_bytes, is_anonymous
     FROM blob_journal AS journal JOIN unnest($1::text[], $2::int4[]) AS claimed (key, attempts)
       ON journal.key = claimed.key AND journal.attempts = claimed.attempts
     ORDER BY journal.key FOR UPDATE OF journal),
   kept AS (
     UPDATE blob_journal AS journal SET due_at = listed.remove_again_at, held_bytes = 0
     FROM listed WHERE journal.key = listed.key AND listed.remove_again_at > $3),
   gone AS (
     DELETE FROM blob_journal AS journal USING listed
     WHERE journal.key = listed.key AND (listed.remove_again_at IS NULL OR listed.remove_again_at <= $3))
   SELECT coalesce(sum(held_bytes), 0)::int8 AS "blobBytes",
     coalesce(sum(held_bytes) FILTER (WHERE is_anonymous), 0)::int8 AS "anonymousBytes" FROM listed`,
);
const known = unprepared('SELECT key FROM blob_journal WHERE key = ANY($1::text[])');
const count = unprepared('SELECT count(*) AS count FROM blob_journal');
