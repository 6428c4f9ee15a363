import type { Connection } from '../database/connection.ts';
import type { Gathered } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';

/**
 * SQL that is true for the row of an anonymous account. Accounts that the operator creates have a name; the accounts of
 * guests, before and after their claim, and of uploads without an account have none.
 */
export const isAnonymous = 'name IS NULL';

/** How many accounts the book remembers as anonymous or not. */
const maxKnown = 10_000;

/**
 * Keeps how many bytes all anonymous callers store. The writers of a transaction add to a number in memory, and one
 * statement writes it for all of them.
 */
export class AnonymousBook implements Gathered {
  readonly #statements;
  /** Whether an account is anonymous never changes. */
  readonly #known = new Map<string, boolean>();
  #pending = 0;

  constructor({ raw }: Connection) {
    this.#statements = {
      isAnonymous: raw.prepare<[string], number>(`SELECT ${isAnonymous} FROM accounts WHERE id = ?`).pluck(),
      add: raw.prepare(
        `INSERT INTO storage_usage (id, blob_bytes, stranger_bytes) VALUES (1, 0, ?)
         ON CONFLICT (id) DO UPDATE SET stranger_bytes = stranger_bytes + excluded.stranger_bytes`,
      ),
    };
  }

  add(_tx: Transaction, bytes: number): void {
    this.#pending += bytes;
  }

  /** Whether an account is anonymous; false if it does not exist. */
  has(accountId: string): boolean {
    const known = this.#known.get(accountId);
    if (known !== undefined) return known;
    const found = this.#statements.isAnonymous.get(accountId);
    if (found === undefined) return false;
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(accountId, found === 1);
    return found === 1;
  }

  mark(): number {
    return this.#pending;
  }

  undoTo(mark: number): void {
    this.#pending = mark;
  }

  write(): void {
    if (this.#pending !== 0) this.#statements.add.run(this.#pending);
    this.#pending = 0;
  }
}
