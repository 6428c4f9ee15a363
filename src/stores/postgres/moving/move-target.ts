import { randomUUID } from 'node:crypto';
import {
  contentTables,
  type Move,
  type MovedRow,
  type MovedTable,
  MoveRefused,
  type MoveTarget,
  type MoveTotals,
  movedTables,
  type TableChanges,
} from '../../../core/ports/moving.ts';
import { recountStorage } from '../content/inventory.ts';
import { type Queries, type Sql, unprepared } from '../database/sql.ts';
import { isTakenOver, lockRecord, type TargetRecord } from './arrival.ts';
import { addForeignKeys, dropForeignKeys } from './foreign-keys.ts';
import { movedColumns } from './moved-columns.ts';
import { countDifferent, findByKey, removeRows, tablesOf, writeRows } from './row-writer.ts';

/** An empty database, which nothing else uses. Each step is a transaction that the record of the move allows. */
export class PostgresMoveTarget implements MoveTarget {
  readonly #sql: Sql;
  readonly #runner = randomUUID();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async begin({ id }: Move, forgotten: number): Promise<void> {
    await this.#sql.transaction(async (queries) => {
      await queries.run(noTimeouts);
      const record = await lockRecord(queries);
      const isEmpty = record === undefined || record.state === 'undone';
      if (isEmpty) await requireEmpty(queries);
      else if (record.id !== id)
        throw new MoveRefused('the target is that of another move: use an empty database');
      else requireApplied(record, forgotten);
      await dropForeignKeys(queries);
      await queries.run(createBlobs);
      // All rows will be read after those changes.
      const applied = isEmpty ? forgotten : record.applied;
      await setRecord(queries, { id, state: 'copying', runner: this.#runner, applied });
    });
  }

  position(table: MovedTable): Promise<number> {
    return this.#sql.transaction((queries) => positionOf(queries, table));
  }

  write(table: MovedTable, rows: MovedRow[], after: number, last: number): Promise<void> {
    return this.#step(async (queries) => {
      if ((await positionOf(queries, table)) !== after)
        throw new MoveRefused('the target went back to an earlier time: run the same command again');
      await writeRows(queries, table, rows);
      await queries.run(setValue, [positionName(table), String(last)]);
    });
  }

  apply(changes: TableChanges[], upTo: number, forgotten: number): Promise<void> {
    return this.#step(async (queries, record) => {
      await queries.run(findByKey);
      for (const change of changes) await removeRows(queries, change);
      for (const { table, rows } of changes) await writeRows(queries, table, rows);
      await setRecord(queries, { ...record, applied: upTo });
    }, forgotten);
  }

  countDifferent(table: MovedTable, rows: MovedRow[]): Promise<number> {
    return this.#step(async (queries) => {
      await queries.run(findByKey);
      return countDifferent(queries, table, rows);
    });
  }

  async expectBlobs(keys: string[]): Promise<string[]> {
    const { rows } = await this.#sql.write<{ key: string }>(expectBlobs, [keys]);
    return rows.map(({ key }) => key);
  }

  async blobsCopied(keys: string[]): Promise<void> {
    await this.#sql.write(blobsCopied, [keys]);
  }

  async analyze(): Promise<void> {
    await this.#step(async (queries) => {
      await queries.run(unprepared(`ANALYZE ${tables.join(', ')}`));
    });
  }

  complete(
    lastNumbers: Record<string, number>,
    deployment: Record<string, string>,
    forgotten: number,
  ): Promise<void> {
    return this.#step(async (queries, record) => {
      await queries.run(zeroCounters);
      await queries.run(recountStorage);
      for (const [table, last] of Object.entries(lastNumbers))
        await queries.run(setNumber, [table, last + 1]);
      await addForeignKeys(queries);
      for (const [name, value] of Object.entries(deployment)) await queries.run(setValue, [name, value]);
      await setRecord(queries, { ...record, state: 'complete' });
    }, forgotten);
  }

  async totals(): Promise<MoveTotals> {
    const sums: [string, number][] = [];
    for (const table of movedTables) {
      const columns = contentTables.includes(table) ? [] : movedColumns(table).columns;
      const checksums = columns.map(
        ({ name, checksum }) => `coalesce(${checksum(name)}, 0)::int8 AS ${name}`,
      );
      const rows = tablesOf(table).map((name) => `(SELECT count(*) FROM ${name})`);
      const statement = `SELECT (${rows.join(' + ')})::int8 AS "*"${checksums.map((sum) => `, ${sum}`).join('')}
        ${columns.length > 0 ? `FROM ${table}` : ''}`;
      const [found = {}] = await this.#sql.readLong<Record<string, number>>(unprepared(statement));
      for (const [name, sum] of Object.entries(found))
        sums.push([name === '*' ? table : `${table}.${name}`, sum]);
    }
    const [stored] = await this.#sql.read<Omit<MoveTotals, 'sums'>>(storedBytes);
    return { blobBytes: 0, anonymousBytes: 0, ...stored, sums: Object.fromEntries(sums) };
  }

  open(move: Move, forgotten: number): Promise<'open' | 'incomplete'> {
    return this.#sql.transaction(async (queries) => {
      await queries.run(noTimeouts);
      const record = await lockRecord(queries);
      if (record === undefined) return (await isTakenOver(queries, move)) ? 'open' : 'incomplete';
      if (record.id !== move.id) return 'incomplete';
      if (record.state === 'arrived') return 'open';
      if (record.state !== 'complete') return 'incomplete';
      requireApplied(record, forgotten);
      await queries.run(journalUnusedBlobs);
      await queries.run(endRequestLeases);
      await setRecord(queries, { ...record, state: 'arrived' });
      return 'open';
    });
  }

  undo({ id }: Move): Promise<'undone' | 'not_here'> {
    return this.#sql.transaction(async (queries) => {
      await queries.run(noTimeouts);
      const record = await lockRecord(queries);
      if (record?.id !== id) return 'not_here';
      if (record.state === 'undone') return 'undone';
      // Blobs stay, for another move. It removes those that no row shows then.
      await queries.run(expectShownBlobs);
      await queries.run(unprepared('UPDATE moved_blobs SET is_copied = false'));
      await queries.run(unprepared(`TRUNCATE ${tables.join(', ')}`));
      await queries.run(zeroCounters);
      await addForeignKeys(queries);
      await queries.run(forgetDeployment);
      await setRecord(queries, { ...record, state: 'undone' });
      return 'undone';
    });
  }

  /** Runs a transaction of this move, unless another process continues it, or changes were lost. */
  #step<T>(work: (queries: Queries, record: TargetRecord) => Promise<T>, forgotten = 0): Promise<T> {
    return this.#sql.transaction(async (queries) => {
      await queries.run(noTimeouts);
      const record = await lockRecord(queries);
      if (record?.runner !== this.#runner || record.state === 'undone')
        throw new MoveRefused('another process continues this move, or has undone it');
      requireApplied(record, forgotten);
      return work(queries, record);
    });
  }
}

/** Every table with content, and one that refers to it: otherwise it could not be truncated. */
const tables = [...movedTables, 'payloads_legacy', 'part_bookings'];

const positionName = (table: MovedTable) => `move.position.${table}`;

async function positionOf(queries: Queries, table: MovedTable): Promise<number> {
  const [found] = (await queries.run<{ value: string }>(readValue, [positionName(table)])).rows;
  return Number(found?.value ?? 0);
}

/** @throws MoveRefused if changes are lost: the target does not have them any more, and the source has forgotten them */
function requireApplied({ applied }: TargetRecord, forgotten: number): void {
  if (applied < forgotten)
    throw new MoveRefused(
      'the target went back to an earlier time and lost changes: run the same command with --undo, and then without it',
    );
}

/** @throws MoveRefused if the database has content, or a server has used it */
async function requireEmpty(queries: Queries): Promise<void> {
  const found = tables.map((table) => `(SELECT '${table}' FROM ${table} LIMIT 1)`).join(' UNION ALL ');
  const used = `SELECT name FROM deployment WHERE name IN ('secret', 'blobs')`;
  const { rows } = await queries.run<{ name: string }>(
    unprepared(`SELECT * FROM (${found}) AS found (name) UNION ALL ${used}`),
  );
  if (rows.length > 0)
    throw new MoveRefused(
      `the target has content of another deployment (${rows[0]?.name}): use an empty database`,
    );
}

async function setRecord(queries: Queries, record: TargetRecord): Promise<void> {
  await queries.run(setValue, ['move', JSON.stringify(record)]);
}

/** The limits of the role are meant for requests. */
const noTimeouts = unprepared(
  'SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0',
);
const readValue = unprepared('SELECT value FROM deployment WHERE name = $1');
const setValue = unprepared(
  `INSERT INTO deployment (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
);
/** Not the watermark, which the blob store has too: without it, the database would seem to be restored. */
const forgetDeployment = unprepared(
  "DELETE FROM deployment WHERE name NOT IN ('id', 'watermark', 'restored')",
);
const createBlobs = unprepared(
  `CREATE TABLE IF NOT EXISTS moved_blobs (key text COLLATE "C" PRIMARY KEY, is_copied boolean NOT NULL DEFAULT false)`,
);
const expectBlobs = unprepared(
  `WITH expected AS (
     INSERT INTO moved_blobs (key) SELECT unnest($1::text[]) ON CONFLICT (key) DO NOTHING RETURNING key
   )
   SELECT key FROM expected
   UNION ALL SELECT key FROM moved_blobs WHERE key = ANY($1::text[]) AND NOT is_copied`,
);
const blobsCopied = unprepared('UPDATE moved_blobs SET is_copied = true WHERE key = ANY($1::text[])');
const zeroCounters = unprepared(
  'UPDATE storage_counters SET inline_bytes = 0, inline_rows = 0, blob_bytes = 0, anonymous_bytes = 0',
);
const setNumber = unprepared(`SELECT setval(pg_get_serial_sequence($1, 'n'), $2, false)`);
const storedBytes = unprepared(
  `SELECT coalesce(sum(blob_bytes), 0)::int8 AS "blobBytes", coalesce(sum(anonymous_bytes), 0)::int8 AS "anonymousBytes"
   FROM storage_counters`,
);
/** The blobs that rows show. */
const shown = ['payloads', 'payloads_legacy', 'objects', 'uploads', 'parts']
  .map((table) => `SELECT blob_key AS key FROM ${table} WHERE blob_key IS NOT NULL`)
  .join(' UNION ALL ');
/** Their rows were removed from the source after they were copied. */
const journalUnusedBlobs = unprepared(
  `INSERT INTO blob_journal (key, purpose, due_at, attempts)
   SELECT key, 'remove', 0, 0 FROM moved_blobs WHERE NOT EXISTS (SELECT FROM (${shown}) AS shown WHERE shown.key = moved_blobs.key)
   ON CONFLICT (key) DO NOTHING`,
);
/** The processes of the source, which held them, can complete no request. */
const endRequestLeases = unprepared('UPDATE idempotency_records SET lease_until = 0 WHERE answer IS NULL');
/** Not if both sides have the same blob store: then no blob was copied, and the source needs all of them. */
const expectShownBlobs = unprepared(
  `INSERT INTO moved_blobs (key) SELECT key FROM (${shown}) AS shown WHERE EXISTS (SELECT FROM moved_blobs)
   ON CONFLICT (key) DO NOTHING`,
);
