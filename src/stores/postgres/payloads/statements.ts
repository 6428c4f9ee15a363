import { prepared, type Statement, unprepared } from '../database/sql.ts';
import { firstOfLongest, ringSize, tables } from './ring.ts';

/** A row as a look-up returns it. */
export type PayloadRow = {
  id?: string;
  mime_type: string;
  content: Buffer | null;
  blob_key: string | null;
  size: number;
  is_text: boolean;
  created_at: number;
  expires_at: number;
  reads_left: number | null;
  delete_token_hash: Buffer | null;
  name: string | null;
  account_id: string | null;
};

/** The columns of a deleted row that locate its content, and the number of its table. */
export type RemovedRow = {
  leaf: number;
  id: string;
  accountId: string | null;
  blobKey: string | null;
  size: number;
  isInline: boolean;
};

/** All columns, in the order of `rowValues`. */
export const columns =
  'id, mime_type, content, blob_key, size, is_text, created_at, expires_at, reads_left, delete_token_hash, name, account_id';
const found =
  'mime_type, content, blob_key, size, is_text, created_at, expires_at, reads_left, delete_token_hash, name, account_id';
const removedNames = 'leaf, removed.id, "accountId", "blobKey", size, "isInline"';
const mustBeBooked = 'content IS NULL OR account_id IS NOT NULL';

/**
 * The statements of one table with payloads. Each names its table: one that named the parent of the ring would lock all
 * of its tables. Only statements of the hot paths are prepared, because each connection keeps them for each table.
 */
export type TableStatements = ReturnType<typeof statementsOf>;

const made: TableStatements[] = [];

/** The statements of a table, by its number. */
export function statementsOn(leaf: number): TableStatements {
  made[leaf] ??= statementsOf(tables[leaf] as string, leaf);
  return made[leaf];
}

function statementsOf(table: string, leaf: number) {
  const removed = `${leaf} AS leaf, replace(gone.id::text, '-', '') AS id, gone.account_id AS "accountId",
    gone.blob_key AS "blobKey", gone.size, gone.content IS NOT NULL AS "isInline"`;
  // The rows that are deleted one by one after their expiry. The others go when the table is emptied.
  const isDue = leaf < firstOfLongest ? `expires_at <= $1 AND (${mustBeBooked})` : 'expires_at <= $1';
  const expire = (condition: string) =>
    unprepared(
      `WITH due AS MATERIALIZED (
         SELECT id FROM ${table} WHERE ${condition} ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
       )
       DELETE FROM ${table} AS gone USING due WHERE gone.id = due.id RETURNING ${removed}`,
    );
  return {
    find: prepared(`SELECT ${found} FROM ${table} WHERE id = $1`),
    findAny: prepared(`SELECT id, ${found} FROM ${table} WHERE id = ANY($1::uuid[])`),
    exists: unprepared(`SELECT 1 AS one FROM ${table} WHERE id = $1`),
    /**
     * Takes reads in the order of their calls, and keeps their tokens. A read of a known token takes nothing, and gets
     * the same number. A row is removed with its last read, which then has the columns of the row.
     */
    take: prepared(
      `WITH asked AS (
         SELECT id, at, token, place FROM unnest($1::uuid[], $2::int8[], $3::text[])
           WITH ORDINALITY AS asked (id, at, token, place)
       ), known AS (
         SELECT place, kept.reads_left FROM asked JOIN taken_reads AS kept USING (token)
       ), found AS MATERIALIZED (
         SELECT id, expires_at, reads_left FROM ${table}
         WHERE id = ANY($1::uuid[]) AND reads_left > 0 ORDER BY id FOR UPDATE
       ), taken AS MATERIALIZED (
         SELECT id, at, token, place, reads_left - row_number() OVER (PARTITION BY id ORDER BY place) AS reads_left
         FROM asked JOIN found USING (id)
         WHERE expires_at > at AND place NOT IN (SELECT place FROM known)
       ), remaining AS MATERIALIZED (
         SELECT id, min(reads_left) AS reads_left FROM taken GROUP BY id
       ), reduced AS (
         UPDATE ${table} AS payloads SET reads_left = remaining.reads_left FROM remaining
         WHERE payloads.id = remaining.id AND remaining.reads_left > 0
       ), removed AS (
         DELETE FROM ${table} AS gone USING remaining WHERE gone.id = remaining.id AND remaining.reads_left <= 0
         RETURNING gone.id AS row_id, ${removed}
       ), kept AS (
         INSERT INTO taken_reads (token, reads_left, taken_at)
         SELECT token, reads_left, at FROM taken WHERE reads_left >= 0 AND token IS NOT NULL
       )
       SELECT place, reads_left AS "readsLeft", ${removedNames} FROM taken
         LEFT JOIN removed ON row_id = taken.id AND reads_left = 0
         WHERE reads_left >= 0
       UNION ALL SELECT place, reads_left, NULL, NULL, NULL, NULL, NULL, NULL FROM known`,
    ),
    remove: unprepared(
      `WITH found AS MATERIALIZED (
         SELECT payloads.id FROM ${table} AS payloads JOIN unnest($1::uuid[], $2::int8[]) AS asked (id, at) USING (id)
         WHERE expires_at > at ORDER BY id FOR UPDATE OF payloads
       )
       DELETE FROM ${table} AS gone USING found WHERE gone.id = found.id RETURNING ${removed}`,
    ),
    counted: unprepared(`SELECT id FROM ${table} WHERE reads_left IS NOT NULL LIMIT $1`),
    removeAny: unprepared(`DELETE FROM ${table} AS gone WHERE id = ANY($1::uuid[]) RETURNING ${removed}`),
    removeDue: expire(isDue),
    removeOld: expire('expires_at <= $1'),
    lock: unprepared(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`),
    /** Whether the table may be emptied: no row lives, and none must be booked. */
    isOver: unprepared(
      `SELECT NOT EXISTS (SELECT FROM ${table} WHERE expires_at > $1)
         AND NOT EXISTS (SELECT FROM ${table} WHERE ${mustBeBooked}) AS "isOver"`,
    ),
    truncate: unprepared(`TRUNCATE ${table}`),
  };
}

const insertText = (table: string) =>
  `INSERT INTO ${table} (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
   ON CONFLICT (id) DO NOTHING`;

/** Inserts one row. Only inserts name the parent of the ring: they lock no other table than that of the row. */
export const insertOne: { ring: Statement; outside: Statement } = {
  ring: prepared(insertText('payloads')),
  outside: prepared(insertText('payloads_legacy')),
};

export const findTokens = prepared(
  'SELECT token, reads_left AS "readsLeft" FROM taken_reads WHERE token = ANY($1::text[])',
);
export const forgetTokens = prepared(
  `DELETE FROM taken_reads WHERE token IN (
     SELECT token FROM taken_reads WHERE taken_at <= $1 ORDER BY taken_at LIMIT $2 FOR UPDATE SKIP LOCKED
   )`,
);

/** The expiries in one table (ms since the epoch; null if there is no such row). */
export type TableState = {
  leaf: number;
  earliest: number | null;
  latest: number | null;
  /** The earliest expiry of a row that must be deleted by itself. */
  booked: number | null;
};

/** Reads the state of every table from its indexes. Without parameters, it is planned once for each connection. */
export const tableStates: Statement = prepared(
  tables
    .map(
      (table, leaf) => `SELECT ${leaf} AS leaf, (SELECT min(expires_at) FROM ${table}) AS earliest,
        (SELECT max(expires_at) FROM ${table}) AS latest,
        (SELECT min(expires_at) FROM ${table} WHERE ${mustBeBooked}) AS booked`,
    )
    .slice(0, ringSize)
    .concat(`SELECT ${ringSize}, (SELECT min(expires_at) FROM ${tables[ringSize]}), NULL, NULL`)
    .join(' UNION ALL '),
);

/** The tables of the ring that have pages, if only with deleted rows. */
export const tablesWithPages = unprepared(
  `SELECT number::int - 1 AS leaf FROM unnest($1::text[]) WITH ORDINALITY AS tables (name, number)
   WHERE pg_relation_size(name::regclass) > 0`,
);

/** How long to wait for the lock on a table: statements that need the table wait as well. */
export const lockBriefly = unprepared(`SET LOCAL lock_timeout = '50ms'`);
export const countedRows = unprepared(
  'SELECT coalesce(sum(inline_rows), 0)::int8 AS rows FROM storage_counters WHERE leaf = $1',
);
export const resetCounters = unprepared(
  `UPDATE storage_counters SET inline_bytes = 0, inline_rows = 0, anonymous_bytes = 0 WHERE leaf = $1`,
);
