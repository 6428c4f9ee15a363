import type { Quota, QuotaVerdict } from '../../../core/ports/limits/quota.ts';
import type { Connection } from '../database/connection.ts';
import type { Gathered } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import type { AnonymousBook } from './anonymous-book.ts';

type Booking = {
  accountId: string;
  storedBytes?: number;
  storedObjects?: number;
  reservedBytes?: number;
  reservedObjects?: number;
  /** Bytes on this server, or that a client may write directly to the blob store. */
  heldBytes?: number;
};

/** What an account wants to store in addition. Negative if it stores less. */
type Growth = { bytes: number; objects: number };

type BucketBooking = { bucketId: string; bytes: number; objects: number };

type Entry = Required<Booking> & { bucketId: string | undefined };

/**
 * Keeps the usage of accounts and buckets. It collects the changes of all writers of a transaction and writes them
 * before the commit, so that many writes of one account update its row once.
 */
export class UsageBook implements Gathered {
  readonly #statements;
  readonly #anonymousBook: AnonymousBook;
  readonly #pending: Entry[] = [];

  constructor({ raw }: Connection, anonymousBook: AnonymousBook) {
    this.#anonymousBook = anonymousBook;
    this.#statements = prepareStatements(raw);
  }

  /** @param bucketId The bucket of the stored objects, if it has a name. */
  book(_tx: Transaction, booking: Booking, bucketId?: string): void {
    const { accountId, storedBytes = 0, storedObjects = 0, reservedBytes = 0, reservedObjects = 0 } = booking;
    const { heldBytes = 0 } = booking;
    this.#pending.push({
      accountId,
      storedBytes,
      storedObjects,
      reservedBytes,
      reservedObjects,
      heldBytes,
      bucketId,
    });
  }

  /** Books bytes that arrived or were removed. @param accountId Their owner; null for payloads without an account. */
  hold(tx: Transaction, accountId: string | null, heldBytes: number): void {
    if (accountId === null) this.#anonymousBook.add(tx, heldBytes);
    else this.book(tx, { accountId, heldBytes });
  }

  /**
   * Whether an account may store this much more on top of what it stores and has reserved.
   *
   * Only the limits of what grows are checked. Without limits there is no query.
   */
  checkQuota(
    _tx: Transaction,
    accountId: string,
    growth: Growth,
    { maxStoredBytes, maxObjects }: Quota,
  ): QuotaVerdict {
    if (maxStoredBytes === null && maxObjects === null) return 'within';
    let { bytes, objects } = this.#statements.account.get(accountId) ?? { bytes: 0, objects: 0 };
    for (const entry of this.#pending) {
      if (entry.accountId !== accountId) continue;
      bytes += entry.storedBytes + entry.reservedBytes;
      objects += entry.storedObjects + entry.reservedObjects;
    }
    if (maxStoredBytes !== null && growth.bytes > 0 && bytes + growth.bytes > maxStoredBytes)
      return 'bytes_exceeded';
    if (maxObjects !== null && growth.objects > 0 && objects + growth.objects > maxObjects)
      return 'objects_exceeded';
    return 'within';
  }

  /** The changes of a bucket that are not yet written to its row. */
  pendingOf(bucketId: string): Omit<BucketBooking, 'bucketId'> {
    const pending = { bytes: 0, objects: 0 };
    for (const entry of this.#pending) {
      if (entry.bucketId !== bucketId) continue;
      pending.bytes += entry.storedBytes;
      pending.objects += entry.storedObjects;
    }
    return pending;
  }

  mark(): number {
    return this.#pending.length;
  }

  undoTo(mark: number): void {
    this.#pending.length = mark;
  }

  write(tx: Transaction): void {
    if (this.#pending.length === 0) return;
    const accounts = new Map<string, Entry>();
    const buckets = new Map<string, BucketBooking>();
    for (const entry of this.#pending) {
      const { accountId, bucketId, storedBytes, storedObjects } = entry;
      const account = accounts.get(accountId);
      if (account === undefined) accounts.set(accountId, { ...entry });
      else add(account, entry);
      if (bucketId === undefined) continue;
      const bucket = buckets.get(bucketId) ?? { bucketId, bytes: 0, objects: 0 };
      bucket.bytes += storedBytes;
      bucket.objects += storedObjects;
      buckets.set(bucketId, bucket);
    }
    for (const entry of accounts.values()) {
      const { accountId, storedBytes, storedObjects, reservedBytes, reservedObjects, heldBytes } = entry;
      if (storedBytes !== 0 || storedObjects !== 0 || reservedBytes !== 0 || reservedObjects !== 0)
        this.#statements.bookAccount.run(
          storedBytes,
          storedObjects,
          reservedBytes,
          reservedObjects,
          accountId,
        );
      if (heldBytes !== 0 && this.#anonymousBook.has(accountId)) this.#anonymousBook.add(tx, heldBytes);
    }
    for (const { bucketId, bytes, objects } of buckets.values())
      this.#statements.bookBucket.run(bytes, objects, bucketId);
    this.#pending.length = 0;
  }
}

function add(account: Entry, entry: Entry): void {
  account.storedBytes += entry.storedBytes;
  account.storedObjects += entry.storedObjects;
  account.reservedBytes += entry.reservedBytes;
  account.reservedObjects += entry.reservedObjects;
  account.heldBytes += entry.heldBytes;
}

function prepareStatements(raw: Connection['raw']) {
  return {
    account: raw.prepare<[string], { bytes: number; objects: number }>(
      `SELECT stored_bytes + reserved_bytes AS bytes, stored_objects + reserved_objects AS objects
       FROM accounts WHERE id = ?`,
    ),
    bookAccount: raw.prepare(
      `UPDATE accounts SET stored_bytes = stored_bytes + ?, stored_objects = stored_objects + ?,
       reserved_bytes = reserved_bytes + ?, reserved_objects = reserved_objects + ? WHERE id = ?`,
    ),
    bookBucket: raw.prepare(
      `UPDATE buckets SET size_bytes = size_bytes + ?, object_count = object_count + ?
       WHERE id = ? AND name IS NOT NULL`,
    ),
  };
}
