import { storeAway } from '../../../core/failure.ts';
import type { CachedTable, Change } from '../../../core/ports/changes.ts';
import type { Answer, Seal } from '../../../core/ports/idempotency-store.ts';
import { Books } from './books.ts';
import { prepared, type Queries, type Result, type Statement, type Values } from './sql.ts';

/**
 * An open transaction. Code that must run inside one takes it as its first parameter. Only `Writes` creates it, for one
 * attempt: a transaction that the database aborts for a conflict is run again from its start.
 */
export class Transaction implements Queries {
  /** The usage that this transaction changes. It is written last, so that shared rows are locked only briefly. */
  readonly books = new Books();
  /** What the transaction has changed so far, for caches. */
  readonly changes: Change[] = [];
  readonly #queries: Queries;
  readonly #hooks: (() => void)[] = [];

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  run<Row = never>(statement: Statement, values?: Values): Promise<Result<Row>> {
    return this.#queries.run(statement, values);
  }

  /** The rows of a statement. */
  async all<Row>(statement: Statement, values?: Values): Promise<Row[]> {
    return (await this.run<Row>(statement, values)).rows;
  }

  /** The first row of a statement. */
  async first<Row>(statement: Statement, values?: Values): Promise<Row | undefined> {
    return (await this.run<Row>(statement, values)).rows[0];
  }

  /** Announces a changed or removed row after the commit; without a key, any row of the table. */
  changed(table: CachedTable, key?: string): void {
    this.changes.push({ table, key });
  }

  /** Calls `hook` after the commit, before the writer continues. */
  afterCommit(hook: () => void): void {
    this.#hooks.push(hook);
  }

  /** Called after the commit. */
  committed(): void {
    for (const hook of this.#hooks) hook();
  }

  /** Stores the answer to an idempotent request with its write. @returns The result, for the caller to return. */
  async keepAnswer<R>(result: R, seal: Seal<R> | undefined): Promise<R> {
    if (seal) await this.keep(seal(result));
    return result;
  }

  /** @throws Failure `store_away` if another try took over, which undoes the transaction */
  async keep({ id, holder, contentFingerprint, sealed }: Answer): Promise<void> {
    const { count } = await this.run(keepAnswer, [sealed, contentFingerprint ?? null, id, holder]);
    if (count !== 1) throw storeAway(new Error('the lease on the idempotency key was lost'));
  }
}

const keepAnswer = prepared(
  `UPDATE idempotency_records SET answer = $1, content_fingerprint = $2
   WHERE id = $3 AND holder = $4 AND answer IS NULL`,
);
