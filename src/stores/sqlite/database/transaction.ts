import type Database from 'better-sqlite3';
import { storeAway } from '../../../core/failure.ts';
import type { CachedTable, Change } from '../../../core/ports/changes.ts';
import type { Answer, Seal } from '../../../core/ports/idempotency-store.ts';

/**
 * Proof of an open transaction. Code that must run inside one takes it as its first parameter. Only `GroupCommit`
 * creates it, so that a call outside a transaction does not compile.
 */
export class Transaction {
  /** What the transaction has changed so far, for caches. */
  readonly changes: Change[] = [];
  readonly #answer: Database.Statement<[Uint8Array, string | null, string, string]>;

  constructor(raw: Database.Database) {
    this.#answer = raw.prepare(
      `UPDATE idempotency_records SET answer = ?, content_fingerprint = ?
       WHERE id = ? AND holder = ? AND answer IS NULL`,
    );
  }

  /** Announces a changed or removed row after the commit; without a key, any row of the table. */
  changed(table: CachedTable, key?: string): void {
    this.changes.push({ table, key });
  }

  /** Stores the answer to an idempotent request with its write. @returns The result, for the caller to return. */
  keepAnswer<Result>(result: Result, seal: Seal<Result> | undefined): Result {
    if (seal) this.keep(seal(result));
    return result;
  }

  /** @throws Failure `store_away` if another try took over: the caller must undo the write */
  keep({ id, holder, contentFingerprint, sealed }: Answer): void {
    if (this.#answer.run(sealed, contentFingerprint ?? null, id, holder).changes !== 1)
      throw storeAway(new Error('the lease on the idempotency key was lost'));
  }
}
