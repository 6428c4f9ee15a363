import type { Quota, QuotaExceeded } from '../../../core/ports/limits/quota.ts';
import { Conflict } from './errors.ts';
import { prepared, type Queries } from './sql.ts';

/** A transaction is undone because an account would exceed its quota. */
export class Exceeded extends Error {
  readonly verdict: QuotaExceeded;

  constructor(verdict: QuotaExceeded) {
    super(verdict);
    this.verdict = verdict;
  }
}

export type Booking = {
  accountId: string;
  storedBytes?: number;
  storedObjects?: number;
  reservedBytes?: number;
  reservedObjects?: number;
  /** Bytes on this server, or that a client may write directly to the blob store. */
  heldBytes?: number;
};

/** The counters of the rows outside of the ring of payload tables (`storage_counters.leaf`). */
export const outsideRing = 64;

/** Changes of the stored bytes, as `storage_counters` counts them. */
type Storage = {
  /** Content in rows of the database, and the number of those rows. */
  inlineBytes?: number;
  inlineRows?: number;
  blobBytes?: number;
  anonymousBytes?: number;
};

type AccountEntry = Required<Omit<Booking, 'accountId'>> & { growth: Growth | undefined };
type Growth = { bytes: number; objects: number; quota: Quota };

/**
 * The usage that one transaction changes. It is collected in memory and written before the commit, in one order
 * everywhere: buckets, accounts, counters, each sorted. So two transactions never wait for each other here.
 */
export class Books {
  readonly #accounts = new Map<string, AccountEntry>();
  readonly #buckets = new Map<string, { bytes: number; objects: number }>();
  readonly #storage = new Map<number, Required<Storage>>();

  /** @param bucketId The bucket of the stored objects, if it has a name. */
  book({ accountId, ...booking }: Booking, bucketId?: string): void {
    const {
      storedBytes = 0,
      storedObjects = 0,
      reservedBytes = 0,
      reservedObjects = 0,
      heldBytes = 0,
    } = booking;
    const entry = this.#account(accountId);
    entry.storedBytes += storedBytes;
    entry.storedObjects += storedObjects;
    entry.reservedBytes += reservedBytes;
    entry.reservedObjects += reservedObjects;
    entry.heldBytes += heldBytes;
    if (bucketId === undefined) return;
    const bucket = this.#buckets.get(bucketId) ?? { bytes: 0, objects: 0 };
    bucket.bytes += storedBytes;
    bucket.objects += storedObjects;
    this.#buckets.set(bucketId, bucket);
  }

  /** Books bytes that arrived or were removed. @param accountId Their owner; null for payloads without an account. */
  hold(accountId: string | null, heldBytes: number, leaf = outsideRing): void {
    if (accountId === null) this.store({ anonymousBytes: heldBytes }, leaf);
    else this.book({ accountId, heldBytes });
  }

  /** Adds to the stored bytes. */
  store(change: Storage, leaf = outsideRing): void {
    const counters = this.#storage.get(leaf) ?? {
      inlineBytes: 0,
      inlineRows: 0,
      blobBytes: 0,
      anonymousBytes: 0,
    };
    counters.inlineBytes += change.inlineBytes ?? 0;
    counters.inlineRows += change.inlineRows ?? 0;
    counters.blobBytes += change.blobBytes ?? 0;
    counters.anonymousBytes += change.anonymousBytes ?? 0;
    this.#storage.set(leaf, counters);
  }

  /**
   * Lets the transaction take effect only if the account, after the growth that is also booked, is within its quota.
   * Only the limits of what grows are checked. Call it in `Writes.limited`, at most once for an account.
   */
  grow(accountId: string, bytes: number, objects: number, quota: Quota): void {
    this.#account(accountId).growth = { bytes, objects, quota };
  }

  /** Writes everything. @throws Exceeded */
  async write(queries: Queries): Promise<void> {
    for (const [id, { bytes, objects }] of sorted(this.#buckets))
      if (bytes !== 0 || objects !== 0) await queries.run(bookBucket, [id, bytes, objects]);
    for (const [id, entry] of sorted(this.#accounts)) await this.#writeAccount(queries, id, entry);
    const shard = nextShard();
    for (const [leaf, counters] of [...this.#storage].sort(([one], [other]) => one - other)) {
      const { inlineBytes, inlineRows, blobBytes, anonymousBytes } = counters;
      const values = [inlineBytes, inlineRows, blobBytes, anonymousBytes];
      if (values.some((value) => value !== 0)) await queries.run(count, [leaf, shard, ...values]);
    }
  }

  #account(accountId: string): AccountEntry {
    let entry = this.#accounts.get(accountId);
    if (entry === undefined) {
      const zeros = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0, heldBytes: 0 };
      entry = { ...zeros, growth: undefined };
      this.#accounts.set(accountId, entry);
    }
    return entry;
  }

  async #writeAccount(queries: Queries, id: string, entry: AccountEntry): Promise<void> {
    const { storedBytes, storedObjects, reservedBytes, reservedObjects, heldBytes, growth } = entry;
    const { quota } = growth ?? {};
    const maxBytes = growth && growth.bytes > 0 ? (quota?.maxStoredBytes ?? null) : null;
    const maxObjects = growth && growth.objects > 0 ? (quota?.maxObjects ?? null) : null;
    const changes = [storedBytes, storedObjects, reservedBytes, reservedObjects];
    if (
      heldBytes === 0 &&
      maxBytes === null &&
      maxObjects === null &&
      changes.every((change) => change === 0)
    )
      return;
    const growthBytes = growth?.bytes ?? 0;
    const growthObjects = growth?.objects ?? 0;
    const limits = [growthBytes, maxBytes, growthObjects, maxObjects];
    const { rows } = await queries.run<{ isAnonymous: boolean }>(bookAccount, [id, ...changes, ...limits]);
    const [booked] = rows;
    if (booked?.isAnonymous) this.store({ anonymousBytes: heldBytes });
    if (booked !== undefined) return;
    const [usage] = (await queries.run<{ bytes: number; objects: number }>(usageOf, [id])).rows;
    // The account is gone, and with it what there was to book.
    if (usage === undefined) return;
    if (maxBytes !== null && usage.bytes + growthBytes > maxBytes) throw new Exceeded('bytes_exceeded');
    if (maxObjects !== null && usage.objects + growthObjects > maxObjects)
      throw new Exceeded('objects_exceeded');
    // Another transaction has freed room since the update.
    throw new Conflict();
  }
}

/** The rows of each leaf's counters. More rows let more transactions count at once. */
const shards = 16;

let lastShard = Math.floor(Math.random() * shards);

/**
 * The row of a leaf's counters that a transaction updates: another one than the last transactions of this process, which
 * may still hold theirs until their commit.
 */
export function nextShard(): number {
  lastShard = (lastShard + 1) % shards;
  return lastShard;
}

function sorted<Value>(entries: Map<string, Value>): [string, Value][] {
  return [...entries].sort(([one], [other]) => (one < other ? -1 : 1));
}

const bookBucket = prepared(
  `UPDATE buckets SET size_bytes = size_bytes + $2, object_count = object_count + $3
   WHERE id = $1 AND name IS NOT NULL`,
);
const bookAccount = prepared(
  `UPDATE accounts SET stored_bytes = stored_bytes + $2, stored_objects = stored_objects + $3,
     reserved_bytes = reserved_bytes + $4, reserved_objects = reserved_objects + $5
   WHERE id = $1
     AND ($7::int8 IS NULL OR stored_bytes + reserved_bytes + $6::int8 <= $7)
     AND ($9::int8 IS NULL OR stored_objects + reserved_objects + $8::int8 <= $9)
   RETURNING name IS NULL AS "isAnonymous"`,
);
const usageOf = prepared(
  `SELECT stored_bytes + reserved_bytes AS bytes, stored_objects + reserved_objects AS objects
   FROM accounts WHERE id = $1`,
);
/** A statement that adds rows to the counters: leaf, shard, and the counts in the order of the columns. */
export const addToCounters = (rows: string) =>
  `INSERT INTO storage_counters AS counters
     (leaf, shard, inline_bytes, inline_rows, blob_bytes, anonymous_bytes) ${rows}
   ON CONFLICT (leaf, shard) DO UPDATE SET
     inline_bytes = counters.inline_bytes + excluded.inline_bytes,
     inline_rows = counters.inline_rows + excluded.inline_rows,
     blob_bytes = counters.blob_bytes + excluded.blob_bytes,
     anonymous_bytes = counters.anonymous_bytes + excluded.anonymous_bytes`;
const count = prepared(addToCounters('VALUES ($1, $2, $3, $4, $5, $6)'));
