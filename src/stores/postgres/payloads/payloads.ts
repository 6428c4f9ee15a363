import type { LeaseLost } from '../../../core/ports/content/content.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type { Quota, QuotaExceeded } from '../../../core/ports/limits/quota.ts';
import type { PayloadStore, PlacedPayload, StoredPayload } from '../../../core/ports/payload-store.ts';
import type { Swept } from '../../../core/ports/swept.ts';
import { outsideRing } from '../database/books.ts';
import { Conflict } from '../database/errors.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Writes } from '../database/writes.ts';
import type { ObjectRows } from '../files/object-rows.ts';
import { asBytes, Creates, type InlinePayload } from './creates.ts';
import { type EmptySlots, ExpiredPayloads } from './expired-payloads.ts';
import { Finds } from './finds.ts';
import { Removals } from './removals.ts';
import { leafOfRow, leavesOfId } from './ring.ts';
import { insertOne, type RemovedRow, statementsOn } from './statements.ts';
import { Takes } from './takes.ts';

type PostgresPayloadStoreDeps = {
  writes: Writes;
  rows: ObjectRows;
  emptySlots: EmptySlots;
};

/** Payloads in a ring of tables (docs/decisions.md), and in one table for those that belong in none of the ring. */
export class PostgresPayloadStore implements PayloadStore {
  readonly #writes: Writes;
  readonly #rows: ObjectRows;
  readonly #creates: Creates;
  readonly #finds: Finds;
  readonly #takes: Takes;
  readonly #removals: Removals;
  readonly #expired: ExpiredPayloads;

  constructor({ writes, rows, emptySlots }: PostgresPayloadStoreDeps) {
    this.#writes = writes;
    this.#rows = rows;
    this.#creates = new Creates(writes);
    this.#finds = new Finds(writes.sql, rows);
    const release = this.#release.bind(this);
    this.#takes = new Takes(writes, release);
    this.#removals = new Removals(writes, release);
    this.#expired = new ExpiredPayloads(writes, { emptySlots, release });
  }

  async insert(
    payload: PlacedPayload,
    seal?: Seal<null>,
    quota?: Quota,
  ): Promise<'stored' | 'exists' | QuotaExceeded | LeaseLost> {
    if (!isAnonymousInline(payload)) return this.#insertAlone(payload, seal, quota);
    if (seal === undefined) return this.#creates.insert(payload);
    return (await this.#creates.insertAnswered(payload, seal(null))) ?? this.#insertAlone(payload, seal);
  }

  /**
   * Inserts the row and books it for its account. The caller books the content.
   *
   * @returns False if the id is in use; nothing has changed then.
   */
  async insertRow(tx: Transaction, payload: StoredPayload): Promise<boolean> {
    const { content, accountId, size } = payload;
    const statement = leafOfRow(payload) === outsideRing ? insertOne.outside : insertOne.ring;
    const { count } = await tx.run(statement, [
      payload.id,
      payload.mediaType,
      content.kind === 'inline' ? asBytes(content.data) : null,
      content.kind === 'blob' ? content.key : null,
      size,
      payload.isText,
      payload.createdAt,
      payload.expiresAt,
      payload.readsLeft,
      payload.deleteTokenHash,
      payload.name,
      accountId,
    ]);
    if (count === 0) return false;
    if (accountId !== null) tx.books.book({ accountId, storedBytes: size, storedObjects: 1 });
    return true;
  }

  async find(id: string): Promise<StoredPayload | undefined> {
    for (const leaf of leavesOfId(id)) {
      const found = await this.#finds.find(leaf, id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  takeRead(id: string, now: number, token?: string): Promise<number | undefined> {
    return this.#takes.take(id, now, token);
  }

  remove(id: string, now: number, seal?: Seal<null>): Promise<boolean> {
    return this.#removals.remove(id, now, seal);
  }

  expire(now: number, budget: number): Promise<Swept> {
    return this.#expired.expire(now, budget);
  }

  removeCounted(now: number): Promise<number> {
    return this.#removals.removeCounted(now);
  }

  earliestExpiry(): Promise<number | undefined> {
    return this.#expired.earliestExpiry();
  }

  /** How long ago the last row of a table of the ring expired that is not emptied yet (ms): the longest time, or 0. */
  oldestSlot(now: number): Promise<number> {
    return this.#expired.oldestSlot(now);
  }

  #insertAlone(
    payload: PlacedPayload,
    seal?: Seal<null>,
    quota?: Quota,
  ): Promise<'stored' | 'exists' | QuotaExceeded | LeaseLost> {
    const { id, content, accountId, size } = payload;
    return this.#writes.limited(async (tx) => {
      if (await exists(tx, id)) return 'exists';
      if (content.kind === 'inline') bookInline(tx, leafOfRow(payload), payload, 1);
      else if ((await this.#rows.take(tx, payload, accountId)) === undefined)
        // An earlier call with the same row, which was still running at the first look, may have taken the record.
        return (await exists(tx, id)) ? 'exists' : 'lease_lost';
      // Another call with the same row came between: the next attempt finds it.
      if (!(await this.insertRow(tx, payload))) throw new Conflict();
      await tx.keepAnswer(null, seal);
      if (accountId !== null && quota) tx.books.grow(accountId, size, 1, quota);
      return 'stored';
    });
  }

  /** Releases the content of removed rows: blobs go to the journal, and usage shrinks. */
  async #release(tx: Transaction, removed: RemovedRow[], now: number): Promise<void> {
    for (const row of removed) {
      const { leaf, id, accountId, size, isInline } = row;
      tx.changed('payloads', id);
      if (accountId !== null) tx.books.book({ accountId, storedBytes: -size, storedObjects: -1 });
      if (isInline) bookInline(tx, leaf, row, -1);
    }
    const elsewhere = removed
      .filter(({ isInline }) => !isInline)
      .map((row) => ({ ...row, contentN: null, isInParts: row.blobKey === null }));
    if (elsewhere.length > 0) await this.#rows.releaseAll(tx, elsewhere, now);
  }
}

async function exists(tx: Transaction, id: string): Promise<boolean> {
  for (const leaf of leavesOfId(id))
    if ((await tx.run(statementsOn(leaf).exists, [id])).count > 0) return true;
  return false;
}

function isAnonymousInline(payload: PlacedPayload): payload is PlacedPayload & InlinePayload {
  return payload.content.kind === 'inline' && payload.accountId === null;
}

/** Books a row with inline content that was inserted (1) or removed (-1). */
function bookInline(
  tx: Transaction,
  leaf: number,
  { accountId, size }: { accountId: string | null; size: number },
  count: 1 | -1,
): void {
  tx.books.hold(accountId, count * size, leaf);
  // Rows of accounts are not removed together with their table.
  const counters = accountId === null ? leaf : outsideRing;
  tx.books.store({ inlineBytes: count * size, inlineRows: count }, counters);
}
