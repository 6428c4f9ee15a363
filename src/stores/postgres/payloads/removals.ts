import type { Seal } from '../../../core/ports/idempotency-store.ts';
import { Batcher } from '../database/batcher.ts';
import { isOfValues } from '../database/errors.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Writes } from '../database/writes.ts';
import { inTablesOf } from './ring.ts';
import { type RemovedRow, statementsOn } from './statements.ts';

/** Releases the content of rows that the transaction deleted. */
export type Release = (tx: Transaction, removed: RemovedRow[], now: number) => Promise<void>;

type Removal = { id: string; now: number };

const maxItems = 256;

/** Deletes of payloads, many in one transaction. */
export class Removals {
  readonly #writes: Writes;
  readonly #release: Release;
  readonly #batcher: Batcher<Removal, boolean>;

  constructor(writes: Writes, release: Release) {
    this.#writes = writes;
    this.#release = release;
    const flush = (items: Removal[]) => writes.atomic((tx) => this.#removeAll(tx, items), items.length);
    this.#batcher = new Batcher({ flush, isOfItem: isOfValues, maxItems });
  }

  /** @returns Whether there was a payload that had not expired. A delete with an answer is not batched. */
  remove(id: string, now: number, seal?: Seal<null>): Promise<boolean> {
    if (seal === undefined) return this.#batcher.add({ id, now });
    return this.#writes.atomic(async (tx) => {
      const [isRemoved = false] = await this.#removeAll(tx, [{ id, now }]);
      return isRemoved ? tx.keepAnswer(true, () => seal(null)) : false;
    });
  }

  /** @returns Whether each item removed a row; true once if an id is given twice. */
  async #removeAll(tx: Transaction, items: Removal[]): Promise<boolean[]> {
    const removed = new Map<string, RemovedRow>();
    await inTablesOf(
      items,
      async (leaf, asked) => {
        const { remove } = statementsOn(leaf);
        const values = [asked.map(({ id }) => id), asked.map(({ now }) => now)];
        for (const row of await tx.all<RemovedRow>(remove, values)) removed.set(row.id, row);
      },
      ({ id }) => removed.has(id),
    );
    await this.#release(tx, [...removed.values()], Math.max(...items.map(({ now }) => now)));
    return items.map(({ id }) => removed.delete(id));
  }
}
