import { Batcher } from '../database/batcher.ts';
import { isOfValues, violatesUnique } from '../database/errors.ts';
import type { Writes } from '../database/writes.ts';
import type { Release } from './removals.ts';
import { inTablesOf } from './ring.ts';
import { findTokens, type RemovedRow, statementsOn } from './statements.ts';

type Take = { id: string; now: number; token: string | null };

/** A read that was taken: `place` counts from 1. The rest is there if the row was removed with it. */
type Taken = { place: number; readsLeft: number } & (RemovedRow | { leaf: null });

const maxItems = 256;

/** Takes of counted reads, many in one transaction. */
export class Takes {
  readonly #batcher: Batcher<Take, number | undefined>;

  constructor(writes: Writes, release: Release) {
    const flush = (items: Take[]) => takeAll(writes, release, items);
    this.#batcher = new Batcher({ flush, isOfItem: isOfValues, maxItems });
  }

  /** @returns The reads left after this one; undefined if there was none. */
  async take(id: string, now: number, token?: string): Promise<number | undefined> {
    try {
      return await this.#batcher.add({ id, now, token: token ?? null });
    } catch (error) {
      // An earlier call with this token was still running; this one took nothing.
      if (violatesUnique(error, 'taken_reads_pkey')) return this.take(id, now, token);
      throw error;
    }
  }
}

function takeAll(writes: Writes, release: Release, items: Take[]): Promise<(number | undefined)[]> {
  return writes.atomic(async (tx) => {
    const readsLeft = new Map<Take, number>();
    const removed: RemovedRow[] = [];
    await inTablesOf(
      items,
      async (leaf, asked) => {
        const { take } = statementsOn(leaf);
        for (const row of await tx.all<Taken>(take, [
          asked.map(({ id }) => id),
          asked.map(({ now }) => now),
          asked.map(({ token }) => token),
        ])) {
          readsLeft.set(asked[row.place - 1] as Take, row.readsLeft);
          if (row.leaf !== null) removed.push(row);
        }
      },
      (item) => readsLeft.has(item),
    );
    // An earlier call with the same token may have removed the row while this one waited for it: a statement that waits
    // does not see the token that it meets.
    const others = items.filter((item) => item.token !== null && !readsLeft.has(item));
    if (others.length > 0) {
      const tokens = others.map(({ token }) => token);
      const known = await tx.all<{ token: string; readsLeft: number }>(findTokens, [tokens]);
      const kept = new Map(known.map((row) => [row.token, row.readsLeft]));
      for (const item of others) {
        const left = kept.get(item.token ?? '');
        if (left !== undefined) readsLeft.set(item, left);
      }
    }
    await release(tx, removed, Math.max(...items.map(({ now }) => now)));
    return items.map((item) => readsLeft.get(item));
  }, items.length);
}
