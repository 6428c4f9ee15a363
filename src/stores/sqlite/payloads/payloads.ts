import { and, eq, gt, sql } from 'drizzle-orm';
import type { LeaseLost, ObjectContent } from '../../../core/ports/content/content.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type { Quota, QuotaExceeded } from '../../../core/ports/limits/quota.ts';
import type { PayloadStore, PlacedPayload, StoredPayload } from '../../../core/ports/payload-store.ts';
import type { Swept } from '../../../core/ports/swept.ts';
import { ExpiredRows, swept } from '../content/expired-rows.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import type { ObjectRows } from '../files/object-rows.ts';
import { payloads } from '../schema/index.ts';

const { placeholder } = sql;

/** The maximum number of counted payloads that one transaction removes. */
const countedBatch = 1000;

type SqlitePayloadStoreDeps = {
  connection: Connection;
  writes: GroupCommit;
  rows: ObjectRows;
};

export class SqlitePayloadStore implements PayloadStore {
  readonly #deps: SqlitePayloadStoreDeps;
  readonly #expired: ExpiredRows;
  readonly #statements;

  constructor(deps: SqlitePayloadStoreDeps) {
    this.#deps = deps;
    this.#statements = prepareStatements(deps.connection);
    const { expired } = this.#statements;
    this.#expired = new ExpiredRows((now, limit) => expired.all(now, limit));
  }

  insert(
    payload: PlacedPayload,
    seal?: Seal<null>,
    quota?: Quota,
  ): Promise<'stored' | 'exists' | QuotaExceeded | LeaseLost> {
    const { content, accountId, size } = payload;
    if (content.kind === 'inline' && seal === undefined && accountId === null)
      return this.#deps.writes.single((tx) => {
        if (!this.insertRow(tx, payload)) return 'exists';
        this.#deps.rows.usage.hold(tx, null, size);
        return 'stored';
      });
    return this.#deps.writes.atomic((tx) => {
      if (this.#statements.exists.get(payload.id) !== undefined) return 'exists';
      if (accountId !== null && quota) {
        const verdict = this.#deps.rows.usage.checkQuota(tx, accountId, { bytes: size, objects: 1 }, quota);
        if (verdict !== 'within') return verdict;
      }
      if (content.kind === 'inline') this.#deps.rows.usage.hold(tx, accountId, size);
      else if (this.#deps.rows.take(tx, payload, accountId) === undefined) return 'lease_lost';
      tx.keepAnswer(null, seal);
      this.insertRow(tx, payload);
      return 'stored';
    });
  }

  /**
   * Inserts the row and books it for its account. The caller books the content.
   *
   * @returns False if the id is in use; nothing has changed then.
   */
  insertRow(tx: Transaction, payload: StoredPayload): boolean {
    const { content, accountId, size } = payload;
    const { changes } = this.#statements.insert.run(
      payload.id,
      payload.mediaType,
      content.kind === 'inline' ? content.data : null,
      content.kind === 'blob' ? content.key : null,
      size,
      payload.isText ? 1 : 0,
      payload.createdAt,
      payload.expiresAt,
      payload.readsLeft,
      payload.deleteTokenHash,
      payload.name,
      accountId,
    );
    if (changes === 0) return false;
    if (accountId !== null)
      this.#deps.rows.usage.book(tx, { accountId, storedBytes: size, storedObjects: 1 });
    return true;
  }

  find(id: string): StoredPayload | undefined {
    const row = this.#statements.find.get(id);
    if (row === undefined) return undefined;
    return {
      id,
      mediaType: row.mime_type,
      content: this.#contentOf(id, row),
      size: row.size,
      isText: row.is_text === 1,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      readsLeft: row.reads_left,
      deleteTokenHash: row.delete_token_hash,
      name: row.name,
      accountId: row.account_id,
    };
  }

  takeRead(id: string, now: number): Promise<number | undefined> {
    return this.#deps.writes.atomic((tx) => {
      const taken = this.#statements.takeRead.get({ id, now });
      if (taken?.readsLeft === 0) this.#remove(tx, id, now);
      return taken?.readsLeft ?? undefined;
    });
  }

  remove(id: string, now: number, seal?: Seal<null>): Promise<boolean> {
    return this.#deps.writes.atomic((tx) => {
      const removed = this.#remove(tx, id, now);
      if (removed) tx.keepAnswer(null, seal);
      return removed;
    });
  }

  expire(now: number, budget: number): Promise<Swept> {
    return this.#deps.writes.repeatable((tx) => {
      let count = 0;
      while (count < budget) {
        const numbers = this.#expired.take(now, budget - count);
        if (numbers.length === 0) break;
        const removed = this.#statements.removeExpired.all({ now, numbers: JSON.stringify(numbers) });
        this.#release(tx, removed, now);
        count += removed.length;
      }
      return swept(count, budget);
    });
  }

  async removeCounted(now: number): Promise<number> {
    let removed = 0;
    let numbers: number[] = [];
    do {
      const after = numbers.at(-1) ?? 0;
      numbers = await this.#deps.writes.atomic((tx) => {
        const found = this.#statements.counted.all(after, countedBatch);
        const rows = this.#statements.removeExpired.all({
          now: Number.MAX_SAFE_INTEGER,
          numbers: JSON.stringify(found),
        });
        this.#release(tx, rows, now);
        return found;
      });
      removed += numbers.length;
    } while (numbers.length === countedBatch);
    return removed;
  }

  async earliestExpiry(): Promise<number | undefined> {
    return this.#statements.earliestExpiry.get()?.expiresAt;
  }

  #remove(tx: Transaction, id: string, now: number): boolean {
    const removed = this.#statements.remove.all({ id, now });
    this.#release(tx, removed, now);
    return removed.length > 0;
  }

  #contentOf(id: string, { content, blob_key }: Row): ObjectContent {
    if (blob_key !== null) return { kind: 'blob', key: blob_key };
    if (content !== null) return { kind: 'inline', data: content };
    return { kind: 'parts', parts: this.#deps.rows.partsOf(id) };
  }

  /** Releases the content of removed rows: blobs go to the journal, and usage shrinks. */
  #release(tx: Transaction, removed: RemovedRow[], now: number): void {
    for (const { isInParts, ...row } of removed) {
      const { id, accountId, blobKey, size } = row;
      tx.changed('payloads', id);
      if (accountId !== null)
        this.#deps.rows.usage.book(tx, { accountId, storedBytes: -size, storedObjects: -1 });
      if (blobKey === null && isInParts === 0) this.#deps.rows.usage.hold(tx, accountId, -size);
      else this.#deps.rows.release(tx, { ...row, contentN: null, isInParts: isInParts === 1 }, now);
    }
  }
}

type RemovedRow = {
  id: string;
  accountId: string | null;
  blobKey: string | null;
  size: number;
  isInParts: number;
};

/** A row as SQLite returns it. */
type Row = {
  mime_type: string;
  content: string | Uint8Array | null;
  blob_key: string | null;
  size: number;
  is_text: number;
  created_at: number;
  expires_at: number;
  reads_left: number | null;
  delete_token_hash: Uint8Array | null;
  name: string | null;
  account_id: string | null;
};

/** Reads and inserts avoid the query builder: its mapping costs more than the query. */
function prepareStatements({ raw, database }: Connection) {
  const isLive = and(eq(payloads.id, placeholder('id')), gt(payloads.expiresAt, placeholder('now')));
  const isInParts = sql<number>`${payloads.content} IS NULL AND ${payloads.blobKey} IS NULL`;
  const { accountId } = payloads;
  const removed = { id: payloads.id, accountId, blobKey: payloads.blobKey, size: payloads.size, isInParts };
  return {
    insert: raw.prepare(
      database
        .insert(payloads)
        .values({
          id: placeholder('id'),
          mediaType: placeholder('mediaType'),
          content: placeholder('content'),
          blobKey: placeholder('blobKey'),
          size: placeholder('size'),
          isText: placeholder('isText'),
          createdAt: placeholder('createdAt'),
          expiresAt: placeholder('expiresAt'),
          readsLeft: placeholder('readsLeft'),
          deleteTokenHash: placeholder('deleteTokenHash'),
          name: placeholder('name'),
          accountId: placeholder('accountId'),
        })
        .onConflictDoNothing({ target: payloads.id })
        .toSQL().sql,
    ),
    exists: raw.prepare<[string]>('SELECT 1 FROM payloads WHERE id = ?').pluck(),
    find: raw.prepare<[string], Row>(
      database
        .select()
        .from(payloads)
        .where(eq(payloads.id, placeholder('id')))
        .toSQL().sql,
    ),
    takeRead: database
      .update(payloads)
      .set({ readsLeft: sql`${payloads.readsLeft} - 1` })
      .where(and(isLive, gt(payloads.readsLeft, 0)))
      .returning({ readsLeft: payloads.readsLeft })
      .prepare(),
    remove: database.delete(payloads).where(isLive).returning(removed).prepare(),
    expired: raw
      .prepare<[number, number], number>(
        'SELECT n FROM payloads WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
      )
      .pluck(),
    // Forces access by row number; SQLite would choose the index of the expiry.
    removeExpired: database
      .delete(payloads)
      .where(
        sql`${payloads.n} IN (SELECT value FROM json_each(${placeholder('numbers')}))
          AND +${payloads.expiresAt} <= ${placeholder('now')}`,
      )
      .returning(removed)
      .prepare(),
    counted: raw
      .prepare<[number, number], number>(
        'SELECT n FROM payloads WHERE reads_left IS NOT NULL AND n > ? ORDER BY n LIMIT ?',
      )
      .pluck(),
    earliestExpiry: database
      .select({ expiresAt: payloads.expiresAt })
      .from(payloads)
      .orderBy(payloads.expiresAt)
      .limit(1)
      .prepare(),
  };
}
