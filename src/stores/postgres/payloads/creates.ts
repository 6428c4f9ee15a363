import { errorCode } from '../../../core/failure.ts';
import type { Answer } from '../../../core/ports/idempotency-store.ts';
import type { StoredPayload } from '../../../core/ports/payload-store.ts';
import { Batcher } from '../database/batcher.ts';
import { addToCounters, nextShard, outsideRing } from '../database/books.ts';
import { isOfValues } from '../database/errors.ts';
import { prepared, type Statement } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';
import { byteaArray } from './bytea-array.ts';
import { leafOfRow } from './ring.ts';

/** A payload without an account, whose content is inline. */
export type InlinePayload = StoredPayload & { content: { kind: 'inline'; data: string | Uint8Array } };

/** A payload to insert, its content as bytes, and the answer of its idempotent request. */
export type Create = { payload: InlinePayload; data: Uint8Array; answer?: Answer };
type Outcome = 'stored' | 'exists';

const bounds = {
  maxItems: 256,
  maxSize: 4 * 1024 * 1024,
  sizeOf: ({ data }: Create) => data.length,
  isOfItem: isOfValues,
};

/** Inserts of anonymous inline payloads, many by one statement. */
export class Creates {
  readonly #writes: Writes;
  readonly #ring: Batcher<Create, Outcome>;
  readonly #outside: Batcher<Create, Outcome>;
  readonly #answered: Batcher<Create, Outcome | undefined>;

  constructor(writes: Writes) {
    this.#writes = writes;
    this.#ring = new Batcher({ ...bounds, flush: (items) => this.#insert(insertIntoRing, items) });
    this.#outside = new Batcher({ ...bounds, flush: (items) => this.#insert(insertOutside, items) });
    this.#answered = new Batcher({ ...bounds, flush: (items) => this.#insertAnswered(items) });
  }

  insert(payload: InlinePayload): Promise<Outcome> {
    const batcher = leafOfRow(payload) === outsideRing ? this.#outside : this.#ring;
    return batcher.add({ payload, data: asBytes(payload.content.data) });
  }

  /**
   * Inserts the row and stores the answer of its idempotent request.
   *
   * @returns Undefined if nothing changed: the row exists, belongs outside of the ring, or the lease is lost.
   */
  async insertAnswered(payload: InlinePayload, answer: Answer): Promise<'stored' | undefined> {
    if (leafOfRow(payload) === outsideRing) return undefined;
    try {
      const outcome = await this.#answered.add({ payload, data: asBytes(payload.content.data), answer });
      return outcome === 'stored' ? outcome : undefined;
    } catch (error) {
      if (errorCode(error) === uniqueViolation) return undefined;
      throw error;
    }
  }

  async #insert(statement: Statement, items: Create[]): Promise<Outcome[]> {
    const stored = await this.#run(statement, items, rowValues);
    return items.map(({ payload: { id } }) => (stored(id) ? 'stored' : 'exists'));
  }

  async #insertAnswered(items: Create[]): Promise<(Outcome | undefined)[]> {
    const stored = await this.#run(insertWithAnswers, items, (sorted) => [
      ...rowValues(sorted),
      sorted.map(({ answer }) => answer?.id),
      sorted.map(({ answer }) => answer?.holder),
      byteaArray(sorted.map(({ answer }) => answer?.sealed ?? null)),
      sorted.map(({ answer }) => answer?.contentFingerprint ?? null),
    ]);
    return items.map(({ payload: { id } }) => (stored(id) ? 'stored' : undefined));
  }

  /** @returns Whether the statement stored an id; true once if an id was given twice. */
  async #run(
    statement: Statement,
    items: Create[],
    valuesOf: (sorted: Create[]) => unknown[],
  ): Promise<(id: string) => boolean> {
    // Statements that insert the same ids wait for each other in one order.
    const sorted = items.toSorted(({ payload: one }, { payload: other }) => (one.id < other.id ? -1 : 1));
    const { rows } = await this.#writes.single<{ id: string }>(
      statement,
      [...valuesOf(sorted), nextShard()],
      [],
      items.length,
    );
    if (rows.length === items.length) return () => true;
    const ids = new Set(rows.map(({ id }) => id.replaceAll('-', '')));
    return (id) => ids.delete(id);
  }
}

/** Content as PostgreSQL stores it. */
export function asBytes(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data) : data;
}

/** The values of `given`, in the order of its columns. */
export function rowValues(items: Create[]): unknown[] {
  return [
    plainArray(items.map(({ payload }) => payload.id)),
    items.map(({ payload }) => payload.mediaType),
    byteaArray(items.map(({ data }) => data)),
    plainArray(items.map(({ payload }) => payload.size)),
    plainArray(items.map(({ payload }) => payload.isText)),
    plainArray(items.map(({ payload }) => payload.createdAt)),
    plainArray(items.map(({ payload }) => payload.expiresAt)),
    plainArray(items.map(({ payload }) => payload.readsLeft)),
    byteaArray(items.map(({ payload }) => payload.deleteTokenHash)),
    items.map(({ payload }) => payload.name),
  ];
}

/** An array of values that need no quotes. The driver looks for characters to escape in every element. */
function plainArray(values: readonly (string | number | boolean | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

const uniqueViolation = '23505';

const columns =
  'id, mime_type, content, size, is_text, created_at, expires_at, reads_left, delete_token_hash, name';
const given = `unnest($1::uuid[], $2::text[], $3::bytea[], $4::int8[], $5::bool[], $6::int8[], $7::int8[], $8::int8[],
  $9::bytea[], $10::text[]) AS given (${columns})`;

/** Books what `stored` inserted. It runs after all inserts, which have locked their tables: emptying uses that order. */
const counted = (leaf: string, shard: string) =>
  addToCounters(
    `SELECT leaf, ${shard}::int, sum(size), count(*), 0, sum(size)
     FROM (SELECT ${leaf} AS leaf, size FROM stored) AS rows GROUP BY leaf ORDER BY leaf`,
  );
const leafOfStored = 'get_byte(uuid_send(id), 0)';

const insertInto = (table: string, leaf: string) =>
  prepared(
    `WITH stored AS (
       INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${given}
       ON CONFLICT (id) DO NOTHING RETURNING id, size
     ), counted AS (${counted(leaf, '$11')})
     SELECT id FROM stored`,
  );
/** Inserts rows that each belong into the ring. */
export const insertIntoRing = insertInto('payloads', leafOfStored);
const insertOutside = insertInto('payloads_legacy', String(outsideRing));

/** A row that exists fails the whole statement, so that its answer is not kept. */
const insertWithAnswers = prepared(
  `WITH answered AS (
     UPDATE idempotency_records AS records SET answer = answers.sealed, content_fingerprint = answers.fingerprint
     FROM unnest($1::uuid[], $11::text[], $12::text[], $13::bytea[], $14::text[])
       AS answers (payload_id, id, holder, sealed, fingerprint)
     WHERE records.id = answers.id AND records.holder = answers.holder AND records.answer IS NULL
     RETURNING answers.payload_id
   ), stored AS (
     INSERT INTO payloads (${columns}) SELECT ${columns} FROM ${given}
     WHERE id IN (SELECT payload_id FROM answered)
     RETURNING id, size
   ), counted AS (${counted(leafOfStored, '$15')})
   SELECT id FROM stored`,
);
