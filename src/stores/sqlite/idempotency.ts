import { and, eq, isNull, lte, sql } from 'drizzle-orm';
import type { Answer, IdempotencyRecord, IdempotencyStore } from '../../core/ports/idempotency-store.ts';
import type { Swept } from '../../core/ports/swept.ts';
import { swept } from './content/expired-rows.ts';
import type { Connection } from './database/connection.ts';
import type { GroupCommit } from './database/group-commit.ts';
import { idempotencyRecords } from './schema/index.ts';

const { placeholder } = sql;

export class SqliteIdempotencyStore implements IdempotencyStore {
  readonly #writes: GroupCommit;
  readonly #statements;

  constructor(connection: Connection, writes: GroupCommit) {
    this.#writes = writes;
    this.#statements = prepareStatements(connection);
  }

  claim(
    record: IdempotencyRecord,
    now: number,
    leaseTime: number,
    leasesEndedBy = now,
  ): Promise<IdempotencyRecord> {
    return this.#writes.atomic(() => {
      const existing = this.#statements.find.get({ id: record.id });
      const isFree =
        existing === undefined ||
        existing.expiresAt <= now ||
        (existing.answer === null && existing.leaseUntil <= leasesEndedBy);
      if (!isFree) return existing;
      this.#statements.place.run({ ...record, leaseUntil: now + leaseTime });
      return record;
    });
  }

  async answer(answer: Answer): Promise<void> {
    await this.#writes.atomic((tx) => tx.keep(answer));
  }

  async renew(id: string, holder: string, now: number, leaseTime: number): Promise<void> {
    const leaseUntil = now + leaseTime;
    await this.#writes.single(() => this.#statements.renew.run({ id, holder, leaseUntil }));
  }

  async release(id: string, holder: string): Promise<void> {
    await this.#writes.single(() => this.#statements.release.run({ id, holder }));
  }

  async releaseAll(): Promise<number> {
    const { changes } = await this.#writes.single(() => this.#statements.releaseAll.run());
    return changes;
  }

  async expire(now: number, budget: number): Promise<Swept> {
    const { changes } = await this.#writes.repeatable(() =>
      this.#statements.removeExpired.run({ now, limit: budget }),
    );
    return swept(changes, budget);
  }
}

function prepareStatements({ database }: Connection) {
  const isHolders = and(
    eq(idempotencyRecords.id, placeholder('id')),
    eq(idempotencyRecords.holder, placeholder('holder')),
    sql`${idempotencyRecords.answer} IS NULL`,
  );
  const columns = {
    fingerprint: placeholder('fingerprint'),
    contentFingerprint: sql`NULL`,
    holder: placeholder('holder'),
    leaseUntil: placeholder('leaseUntil'),
    expiresAt: placeholder('expiresAt'),
    answer: placeholder('answer'),
  };
  return {
    find: database
      .select()
      .from(idempotencyRecords)
      .where(eq(idempotencyRecords.id, placeholder('id')))
      .prepare(),
    place: database
      .insert(idempotencyRecords)
      .values({ id: placeholder('id'), ...columns })
      .onConflictDoUpdate({
        target: idempotencyRecords.id,
        set: {
          fingerprint: sql`excluded.fingerprint`,
          contentFingerprint: sql`excluded.content_fingerprint`,
          holder: sql`excluded.holder`,
          leaseUntil: sql`excluded.lease_until`,
          expiresAt: sql`excluded.expires_at`,
          answer: sql`excluded.answer`,
        },
      })
      .prepare(),
    renew: database
      .update(idempotencyRecords)
      .set({ leaseUntil: sql`${placeholder('leaseUntil')}` })
      .where(isHolders)
      .prepare(),
    release: database.delete(idempotencyRecords).where(isHolders).prepare(),
    releaseAll: database.delete(idempotencyRecords).where(isNull(idempotencyRecords.answer)).prepare(),
    removeExpired: database
      .delete(idempotencyRecords)
      .where(
        sql`${idempotencyRecords.id} IN (SELECT ${idempotencyRecords.id} FROM ${idempotencyRecords}
          WHERE ${lte(idempotencyRecords.expiresAt, placeholder('now'))}
          ORDER BY ${idempotencyRecords.expiresAt} LIMIT ${placeholder('limit')})`,
      )
      .prepare(),
  };
}
