import type { Connection } from '../database/connection.ts';
import type { Gathered } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';

/**
 * Whether a row of `accounts` is a stranger's, as SQL. The operator names every account that they make, and gives it its
 * plan; guests' accounts have no name, before and after their claim, and neither has that of uploads by nobody.
 */
export const isAnonymous = 'name IS NULL';

/** Of how many accounts it is remembered whether they are strangers'. */
const maxKnown = 10_000;

/**
 * Keeps how many bytes strangers store together. The writers of a transaction only add to a number; it is written once
 * for all of them, so that a payload created without a key costs no statement more.
 */
export class AnonymousBook implements Gathered {
  readonly #statements;
  /** What is known of accounts: it never changes. */
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

  /** Whether an account is a stranger's; false where there is no such account. */
  has(_tx: Transaction, accountId: string): boolean {
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
