import { createHash } from 'node:crypto';
import {
  type MovedKey,
  type MovedRow,
  type MovedTable,
  MoveRefused,
  type TableChanges,
} from '../../../core/ports/moving.ts';
import { outsideRing } from '../database/books.ts';
import { type Queries, unprepared } from '../database/sql.ts';
import { leafOfRow } from '../payloads/ring.ts';
import { given, type MovedColumn, movedColumns, parameter } from './moved-columns.ts';

/** The tables of payloads: the ring, and the one for rows that fit none of its tables. */
export const tablesOf = (table: MovedTable) =>
  table === 'payloads' ? ['payloads', 'payloads_legacy'] : [table];

/**
 * Lets the statements of a transaction find each row by its key. The server does not expect that a payload can be in only
 * one table of the ring, and would rather read all of them.
 */
export const findByKey = unprepared('SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off');

/** Removes the rows with these keys. */
export async function removeRows(queries: Queries, { table, gone }: TableChanges): Promise<void> {
  if (gone.length === 0) return;
  const { key } = movedColumns(table);
  const values = key.map((column, index) =>
    parameter(
      column,
      gone.map((each) => column.encode(each[index] as MovedKey[number]).value),
    ),
  );
  const matches = key.map(({ name }) => `rows.${name} = given.${name}`).join(' AND ');
  for (const name of tablesOf(table))
    await queries.run(unprepared(`DELETE FROM ${name} AS rows USING ${given(key)} WHERE ${matches}`), values);
}

/** Inserts rows, or replaces those with the same keys. @throws MoveRefused if the server stores anything else */
export async function writeRows(queries: Queries, table: MovedTable, rows: MovedRow[]): Promise<void> {
  for (const [name, ofTable] of byTable(table, rows)) await writeInto(queries, name, table, ofTable);
}

/** Counts the rows that are missing or have other values. */
export async function countDifferent(queries: Queries, table: MovedTable, rows: MovedRow[]): Promise<number> {
  const { columns, key } = movedColumns(table);
  let count = 0;
  for (const [name, ofTable] of byTable(table, rows)) {
    if (ofTable.length === 0) continue;
    const encoded = encodedColumns(columns, ofTable);
    const { rows: stored } = await queries.run<{ digest: string }>(
      select(name, columns, key),
      parameters(key, columns, encoded),
    );
    const found = new Set(stored.map(({ digest }) => digest));
    count += digestsOf(ofTable, encoded).filter((digest) => !found.has(digest)).length;
  }
  return count;
}

/** Rows by the name of the table that they belong in: payloads are in the ring, or outside of it. */
function byTable(table: MovedTable, rows: MovedRow[]): [name: string, rows: MovedRow[]][] {
  if (table !== 'payloads') return [[table, rows]];
  const isOutside = ({ id, created_at: createdAt, expires_at: expiresAt }: MovedRow) =>
    leafOfRow({ id: String(id), createdAt: Number(createdAt), expiresAt: Number(expiresAt) }) === outsideRing;
  const { ring = [], outside = [] } = Object.groupBy(rows, (row) => (isOutside(row) ? 'outside' : 'ring'));
  return [
    ['payloads', ring],
    ['payloads_legacy', outside],
  ];
}

async function writeInto(queries: Queries, name: string, table: MovedTable, rows: MovedRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { columns, key, uniques } = movedColumns(table);
  const encoded = encodedColumns(columns, rows);
  const valuesOf = (of: MovedColumn[]) => parameters(of, columns, encoded);
  // A row with a value of one of these was replaced by it, and its own removal follows.
  for (const unique of uniques) await queries.run(withdraw(name, key, unique), valuesOf([...key, ...unique]));
  const { rows: stored } = await queries.run<{ digest: string }>(
    insert(name, columns, key),
    valuesOf(columns),
  );
  const found = stored.map(({ digest }) => digest);
  if (found.toSorted().join() !== digestsOf(rows, encoded).toSorted().join())
    throw new MoveRefused(`the target stores other values in ${table} than it was sent`);
}

/** The values of rows, column by column. */
type Encoded = ReturnType<typeof encodedValue>[][];

function encodedColumns(columns: MovedColumn[], rows: MovedRow[]): Encoded {
  return columns.map((column) => rows.map((row) => encodedValue(column, row)));
}

function encodedValue(column: MovedColumn, row: MovedRow) {
  const value = row[column.name] ?? null;
  return value === null ? { value: null, text: null } : column.encode(value);
}

/** The parameters of some of the encoded columns. */
function parameters(some: MovedColumn[], columns: MovedColumn[], encoded: Encoded): unknown[] {
  return some.map((column) =>
    parameter(
      column,
      (encoded[columns.indexOf(column)] ?? []).map(({ value }) => value),
    ),
  );
}

function digestsOf(rows: MovedRow[], encoded: Encoded): string[] {
  return rows.map((_, index) => digestOf(encoded.map((column) => column[index]?.text ?? null)));
}

/** A digest of the values of a row, the same as `digestOfRow` makes of a stored row. */
function digestOf(texts: (string | null)[]): string {
  const parts = texts.map((text) => (text === null ? '-' : `${Buffer.byteLength(text)}:${text}`));
  return createHash('sha256').update(parts.join('')).digest('hex');
}

/** The digest of a stored row of the table `rows`. */
function digestOfRow(columns: MovedColumn[]): string {
  const parts = columns.map(({ name, text }) => {
    const value = text(`rows.${name}`);
    return `coalesce(octet_length(${value}) || ':' || ${value}, '-')`;
  });
  return `encode(sha256(convert_to(concat(${parts.join(', ')}), 'UTF8')), 'hex')`;
}

function insert(table: string, columns: MovedColumn[], key: MovedColumn[]) {
  const names = columns.map(({ name }) => name);
  const others = columns.filter((column) => !key.includes(column));
  return unprepared(
    `INSERT INTO ${table} AS rows (${names.join(', ')}) OVERRIDING SYSTEM VALUE
     SELECT ${columns.map(({ name, from }) => from(name)).join(', ')} FROM ${given(columns)}
     ON CONFLICT (${key.map(({ name }) => name).join(', ')}) DO UPDATE
       SET ${others.map(({ name }) => `${name} = excluded.${name}`).join(', ')}
     RETURNING ${digestOfRow(columns)} AS digest`,
  );
}

function select(table: string, columns: MovedColumn[], key: MovedColumn[]) {
  const matches = key.map(({ name }) => `rows.${name} = given.${name}`).join(' AND ');
  return unprepared(
    `SELECT ${digestOfRow(columns)} AS digest FROM ${given(key)} JOIN ${table} AS rows ON ${matches}`,
  );
}

function withdraw(table: string, key: MovedColumn[], unique: MovedColumn[]) {
  const same = unique.map(({ name }) => `rows.${name} = given.${name}`);
  const other = key.map(({ name }) => `rows.${name} <> given.${name}`);
  return unprepared(
    `DELETE FROM ${table} AS rows USING ${given([...key, ...unique])}
     WHERE ${same.join(' AND ')} AND (${other.join(' OR ')})`,
  );
}
