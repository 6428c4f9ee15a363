import type { BlobJournal, ClaimedBlob } from '../../../core/ports/content/blob-journal.ts';
import { Batcher } from '../database/batcher.ts';
import { isOfServer } from '../database/errors.ts';
import { prepared, unprepared } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Writes } from '../database/writes.ts';

type Reservation = { key: string; leaseUntil: number; removeAgainAt: number | undefined };
type Renewal = { key: string; leaseUntil: number };

const maxBatch = 500;

export class PostgresBlobJournal implements BlobJournal {
  readonly #writes: Writes;
  readonly #reservations: Batcher<Reservation, undefined>;
  readonly #renewals: Batcher<Renewal, boolean>;

  constructor(writes: Writes) {
    this.#writes = writes;
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

  /** Removes the entry of a writer. @returns Whether the writer still held it. */
  async publish(tx: Transaction, key: string): Promise<boolean> {
    return (await tx.run(publish, [key])).count === 1;
  }

  async claimDue(now: number, leaseTime: number, limit: number): Promise<ClaimedBlob[]> {
    return (await this.#writes.single<ClaimedBlob>(claim, [now, now + leaseTime, limit])).rows;
  }

  async postpone(key: string, now: number, delay: number): Promise<void> {
    await this.#writes.single(postpone, [key, now + delay]);
  }

  async forget(keys: string[], now: number): Promise<void> {
    if (keys.length > 0) await this.#writes.single(forget, [sorted(keys), now]);
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
const discard = prepared(
  `INSERT INTO blob_journal (key, purpose, due_at, attempts)
   SELECT key, 'remove', $2, 0 FROM unnest($1::text[]) AS key
   ON CONFLICT (key) DO UPDATE SET purpose = 'remove', due_at = excluded.due_at`,
);
// A record that was renewed or claimed in the meantime is not due: the condition is checked again when it is updated.
const claim = prepared(
  `WITH due AS (
     SELECT key FROM blob_journal WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
   UPDATE blob_journal AS journal SET purpose = 'remove', due_at = $2, attempts = attempts + 1
   FROM due WHERE journal.key = due.key AND journal.due_at <= $1
   RETURNING journal.key, attempts, direct_upload_id AS "directUploadId"`,
);
const postpone = prepared('UPDATE blob_journal SET due_at = $2 WHERE key = $1');
const forget = unprepared(
  `WITH listed AS (
     SELECT key, remove_again_at FROM blob_journal WHERE key = ANY($1::text[]) ORDER BY key FOR UPDATE),
   kept AS (
     UPDATE blob_journal AS journal SET due_at = listed.remove_again_at, attempts = 0
     FROM listed WHERE journal.key = listed.key AND listed.remove_again_at > $2)
   DELETE FROM blob_journal AS journal USING listed
   WHERE journal.key = listed.key AND (listed.remove_again_at IS NULL OR listed.remove_again_at <= $2)`,
);
const known = unprepared('SELECT key FROM blob_journal WHERE key = ANY($1::text[])');
const count = unprepared('SELECT count(*) AS count FROM blob_journal');
