import type { Seal } from '../../../core/ports/idempotency-store.ts';
import { Batcher } from '../database/batcher.ts';
import { isOfValues } from '../database/errors.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Writes } from '../database/writes.ts';
import { inTablesOf, tables } from './ring.ts';
import { type RemovedRow, statementsOn } from './statements.ts';

/** Releases the content of rows that the transaction deleted. */
export type Release = (tx: Transaction, removed: RemovedRow[], now: number) => Promise<void>;

type Removal = { id: string; now: number };

const maxItems = 256;
/** The maximum number of counted payloads that are looked up at once. */
const maxFound = 100_000;

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

  /** Removes every counted payload. No index finds them, so that each table is read once for many of them. */
  async removeCounted(now: number): Promise<number> {
    let removed = 0;
    for (let leaf = 0; leaf < tables.length; leaf += 1) {
      const { counted, removeAny } = statementsOn(leaf);
      let ids: string[];
      do {
        const found = await this.#writes.sql.readLong<{ id: string }>(counted, [maxFound]);
        ids = found.map(({ id }) => id);
        for (let start = 0; start < ids.length; start += maxItems)
          removed += await this.#writes.atomic(async (tx) => {
            const rows = await tx.all<RemovedRow>(removeAny, [ids.slice(start, start + maxItems)]);
            await this.#release(tx, rows, now);
            return rows.length;
          });
      } while (ids.length === maxFound);
    }
    return removed;
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
