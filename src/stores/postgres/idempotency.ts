import type { Answer, IdempotencyRecord, IdempotencyStore } from '../../core/ports/idempotency-store.ts';
import type { Swept } from '../../core/ports/swept.ts';
import { Batcher } from './database/batcher.ts';
import { isOfServer } from './database/errors.ts';
import { prepared, unprepared } from './database/sql.ts';
import type { Writes } from './database/writes.ts';

/** The maximum number of records that one statement releases. */
const maxReleased = 1000;

type Claim = { record: IdempotencyRecord; leaseUntil: number };

export class PostgresIdempotencyStore implements IdempotencyStore {
  readonly #writes: Writes;
  /** Claims of keys that have no record, which most claims are. */
  readonly #newClaims: Batcher<Claim, boolean>;

  constructor(writes: Writes) {
    this.#writes = writes;
    this.#newClaims = new Batcher({
      flush: (claims) => this.#insert(claims),
      isOfItem: isOfServer,
      maxItems: 500,
    });
  }

  async claim(
    record: IdempotencyRecord,
    now: number,
    leaseTime: number,
    leasesEndedBy = now,
  ): Promise<IdempotencyRecord> {
    const leaseUntil = now + leaseTime;
    if (await this.#newClaims.add({ record, leaseUntil })) return record;
    const { id, fingerprint, holder, expiresAt, answer } = record;
    while (true) {
      const values = [id, fingerprint, holder, leaseUntil, expiresAt, answer, now, leasesEndedBy];
      const { count } = await this.#writes.single(takeOver, values);
      if (count === 1) return record;
      // A second statement, because the first one does not return the record that it waited for.
      const [existing] = await this.#writes.readWritten<IdempotencyRecord>(find, [id]);
      // Without a record, the other try has failed and released it in between.
      if (existing) return existing;
    }
  }

  async answer(answer: Answer): Promise<void> {
    await this.#writes.atomic((tx) => tx.keep(answer));
  }

  async renew(id: string, holder: string, now: number, leaseTime: number): Promise<void> {
    await this.#writes.single(renew, [id, holder, now + leaseTime]);
  }

  async release(id: string, holder: string): Promise<void> {
    await this.#writes.single(release, [id, holder]);
  }

  async releaseAll(): Promise<number> {
    const unanswered = await this.#writes.sql.readLong<{ id: string }>(findUnanswered);
    const ids = unanswered.map(({ id }) => id);
    let released = 0;
    for (let start = 0; start < ids.length; start += maxReleased)
      released += (await this.#writes.single(releaseAll, [ids.slice(start, start + maxReleased)])).count;
    return released;
  }

  async expire(now: number, budget: number): Promise<Swept> {
    const { count } = await this.#writes.single(removeExpired, [now, budget]);
    return { removed: count, isDone: count < budget };
  }

  /** @returns For each claim whether it has succeeded. */
  async #insert(claims: Claim[]): Promise<boolean[]> {
    const inOrder = claims.toSorted((one, other) => (one.record.id < other.record.id ? -1 : 1));
    const values = [
      inOrder.map(({ record }) => record.id),
      inOrder.map(({ record }) => record.fingerprint),
      inOrder.map(({ record }) => record.holder),
      inOrder.map(({ leaseUntil }) => leaseUntil),
      inOrder.map(({ record }) => record.expiresAt),
      inOrder.map(({ record }) => record.answer),
    ];
    const { rows } = await this.#writes.single<{ holder: string }>(insert, values, [], claims.length);
    const holders = new Set(rows.map(({ holder }) => holder));
    return claims.map(({ record }) => holders.has(record.holder));
  }
}

// Unlike DO UPDATE, this does not wait for a transaction that answers a record: one slow answer delays no other claims.
const insert = prepared(
  `INSERT INTO idempotency_records (id, fingerprint, holder, lease_until, expires_at, answer)
   SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::bytea[])
   ON CONFLICT (id) DO NOTHING RETURNING holder`,
);
// It locks the record of another try, also if it changes nothing, and so its commit waits for a synchronous standby.
const takeOver = prepared(
  `INSERT INTO idempotency_records AS existing
     (id, fingerprint, holder, lease_until, expires_at, answer) VALUES ($1, $2, $3, $4, $5, $6)
   ON CONFLICT (id) DO UPDATE SET
     fingerprint = excluded.fingerprint, content_fingerprint = NULL, holder = excluded.holder,
     lease_until = excluded.lease_until, expires_at = excluded.expires_at, answer = excluded.answer
   WHERE existing.expires_at <= $7 OR (existing.answer IS NULL AND existing.lease_until <= $8)`,
);
const find = prepared(
  `SELECT id, fingerprint, content_fingerprint AS "contentFingerprint", holder, expires_at AS "expiresAt", answer
   FROM idempotency_records WHERE id = $1`,
);
const renew = prepared(
  'UPDATE idempotency_records SET lease_until = $3 WHERE id = $1 AND holder = $2 AND answer IS NULL',
);
const release = prepared('DELETE FROM idempotency_records WHERE id = $1 AND holder = $2 AND answer IS NULL');
// No index finds these records.
const findUnanswered = unprepared('SELECT id FROM idempotency_records WHERE answer IS NULL');
const releaseAll = unprepared(
  'DELETE FROM idempotency_records WHERE id = ANY($1::text[]) AND answer IS NULL',
);
const removeExpired = unprepared(
  `WITH expired AS (
     SELECT id FROM idempotency_records WHERE expires_at <= $1
     ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
   DELETE FROM idempotency_records AS record USING expired WHERE record.id = expired.id AND record.expires_at <= $1`,
);
