import { and, eq, inArray, isNull, lte, ne, or, type SQL, sql } from 'drizzle-orm';
import type { BlobClaim, BlobJournal, ClaimedBlob } from '../../../core/ports/content/blob-journal.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import { blobJournal } from '../schema/index.ts';

const { placeholder } = sql;

export class SqliteBlobJournal implements BlobJournal {
  readonly #connection: Connection;
  readonly #writes: GroupCommit;
  readonly #statements;

  constructor(connection: Connection, writes: GroupCommit) {
    this.#connection = connection;
    this.#writes = writes;
    this.#statements = prepareStatements(connection);
  }

  async reserve(key: string, now: number, leaseTime: number, removeAgainAfter?: number): Promise<void> {
    const removeAgainAt = removeAgainAfter === undefined ? undefined : now + removeAgainAfter;
    await this.#writes.single((tx) => this.enterForWriting(tx, key, now + leaseTime, removeAgainAt));
  }

  /** Enters a key that belongs to its writer until the lease ends. */
  enterForWriting(_tx: Transaction, key: string, leaseUntil: number, removeAgainAt?: number): void {
    this.#statements.reserve.run({ key, dueAt: leaseUntil, removeAgainAt: removeAgainAt ?? null });
  }

  /** Records the blob store's own id of an upload in parts under a key. */
  noteUpload(_tx: Transaction, key: string, directUploadId: string): void {
    this.#statements.noteUpload.run({ key, directUploadId });
  }

  async renew(key: string, now: number, leaseTime: number): Promise<boolean> {
    const { changes } = await this.#writes.single(() =>
      this.#statements.renew.run({ key, dueAt: now + leaseTime }),
    );
    return changes === 1;
  }

  async discard(key: string, now: number): Promise<void> {
    await this.#writes.single((tx) => this.enterForRemoval(tx, key, now));
  }

  enterForRemoval(_tx: Transaction, key: string, now: number): void {
    this.#statements.discard.run({ key, dueAt: now });
  }

  /** Removes the entry of a writer. @returns Whether the writer still held it. */
  publish(_tx: Transaction, key: string): boolean {
    return this.#statements.publish.run({ key }).changes === 1;
  }

  claimDue(now: number, leaseTime: number, limit: number, leasesEndedBy = now): Promise<ClaimedBlob[]> {
    const claim = { now, claimUntil: now + leaseTime, limit, leasesEndedBy };
    return this.#writes.single(() => this.#statements.claim.all(claim));
  }

  async endLeases(now: number): Promise<number> {
    const { changes } = await this.#writes.single(() => this.#statements.endLeases.run({ dueAt: now }));
    return changes;
  }

  async postpone({ key, attempts }: BlobClaim, now: number, delay: number): Promise<void> {
    await this.#writes.single(() => this.#statements.postpone.run({ key, attempts, dueAt: now + delay }));
  }

  async forget(claims: BlobClaim[], now: number): Promise<void> {
    if (claims.length === 0) return;
    await this.#writes.atomic(() => {
      for (const { key, attempts } of claims) {
        this.#statements.forget.run({ key, attempts, now });
        this.#statements.keep.run({ key, attempts });
      }
    });
  }

  async known(keys: string[]): Promise<Set<string>> {
    const { database } = this.#connection;
    const rows = database
      .select({ key: blobJournal.key })
      .from(blobJournal)
      .where(inArray(blobJournal.key, keys))
      .all();
    return new Set(rows.map(({ key }) => key));
  }

  async count(): Promise<number> {
    return this.#statements.count.get()?.count ?? 0;
  }
}

function prepareStatements({ database }: Connection) {
  const dueAt = sql`${placeholder('dueAt')}`;
  const isBeingWritten = and(eq(blobJournal.key, placeholder('key')), eq(blobJournal.purpose, 'write'));
  const isClaimed = and(
    eq(blobJournal.key, placeholder('key')),
    eq(blobJournal.attempts, placeholder('attempts')),
  );
  const isOver = or(ne(blobJournal.purpose, 'write'), lte(blobJournal.dueAt, placeholder('leasesEndedBy')));
  const due: SQL = sql`${blobJournal.key} IN (SELECT ${blobJournal.key} FROM ${blobJournal}
    WHERE ${lte(blobJournal.dueAt, placeholder('now'))} AND ${isOver}
    ORDER BY ${blobJournal.dueAt} LIMIT ${placeholder('limit')})`;
  return {
    reserve: database
      .insert(blobJournal)
      .values({
        key: placeholder('key'),
        purpose: 'write',
        dueAt: placeholder('dueAt'),
        attempts: 0,
        removeAgainAt: placeholder('removeAgainAt'),
      })
      .prepare(),
    noteUpload: database
      .update(blobJournal)
      .set({ directUploadId: sql`${placeholder('directUploadId')}` })
      .where(eq(blobJournal.key, placeholder('key')))
      .prepare(),
    renew: database.update(blobJournal).set({ dueAt }).where(isBeingWritten).prepare(),
    publish: database.delete(blobJournal).where(isBeingWritten).prepare(),
    discard: database
      .insert(blobJournal)
      .values({ key: placeholder('key'), purpose: 'remove', dueAt: placeholder('dueAt'), attempts: 0 })
      // An earlier claim must not forget the record: its removal may have come before the last bytes.
      .onConflictDoUpdate({
        target: blobJournal.key,
        set: {
          purpose: 'remove',
          dueAt,
          attempts: sql`${blobJournal.attempts} + (${blobJournal.purpose} = 'remove')`,
        },
      })
      .prepare(),
    claim: database
      .update(blobJournal)
      .set({
        purpose: 'remove',
        dueAt: sql`${placeholder('claimUntil')}`,
        attempts: sql`${blobJournal.attempts} + 1`,
      })
      .where(due)
      .returning({
        key: blobJournal.key,
        attempts: blobJournal.attempts,
        directUploadId: blobJournal.directUploadId,
      })
      .prepare(),
    endLeases: database
      .update(blobJournal)
      .set({ purpose: 'remove', dueAt })
      .where(eq(blobJournal.purpose, 'write'))
      .prepare(),
    postpone: database.update(blobJournal).set({ dueAt }).where(isClaimed).prepare(),
    forget: database
      .delete(blobJournal)
      .where(
        and(
          isClaimed,
          or(isNull(blobJournal.removeAgainAt), lte(blobJournal.removeAgainAt, placeholder('now'))),
        ),
      )
      .prepare(),
    keep: database
      .update(blobJournal)
      .set({ dueAt: sql`${blobJournal.removeAgainAt}` })
      .where(isClaimed)
      .prepare(),
    count: database.select({ count: sql<number>`count(*)` }).from(blobJournal).prepare(),
  };
}
