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
  if (table !== 'payloads') return writeInto(queries, table, table, rows);
  const isOutside = ({ id, created_at: createdAt, expires_at: expiresAt }: MovedRow) =>
    leafOfRow({ id: String(id), createdAt: Number(createdAt), expiresAt: Number(expiresAt) }) === outsideRing;
  const { ring = [], outside = [] } = Object.groupBy(rows, (row) => (isOutside(row) ? 'outside' : 'ring'));
  await writeInto(queries, 'payloads', table, ring);
  await writeInto(queries, 'payloads_legacy', table, outside);
}

async function writeInto(queries: Queries, name: string, table: MovedTable, rows: MovedRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { columns, key, uniques } = movedColumns(table);
  const encoded = columns.map((column) => rows.map((row) => encodedValue(column, row)));
  const valuesOf = (of: MovedColumn[]) =>
    of.map((column) =>
      parameter(
        column,
        (encoded[columns.indexOf(column)] ?? []).map(({ value }) => value),
      ),
    );
  // A row with a value of one of these was replaced by it, and its own removal follows.
  for (const unique of uniques) await queries.run(withdraw(name, key, unique), valuesOf([...key, ...unique]));
  const { rows: stored } = await queries.run<{ digest: string }>(
    insert(name, columns, key),
    valuesOf(columns),
  );
  const expected = rows.map((_, index) => digestOf(encoded.map((column) => column[index]?.text ?? null)));
  const found = stored.map(({ digest }) => digest);
  if (found.toSorted().join() !== expected.toSorted().join())
    throw new MoveRefused(`the target stores other values in ${table} than it was sent`);
}

function encodedValue(column: MovedColumn, row: MovedRow) {
  const value = row[column.name] ?? null;
  return value === null ? { value: null, text: null } : column.encode(value);
}

/** A digest of the values of a row, the same as `digest` makes of a stored row. */
function digestOf(texts: (string | null)[]): string {
  const parts = texts.map((text) => (text === null ? '-' : `${Buffer.byteLength(text)}:${text}`));
  return createHash('sha256').update(parts.join('')).digest('hex');
}

function digest(columns: MovedColumn[]): string {
  const parts = columns.map(
    ({ name, text }) => `coalesce(octet_length(${text(name)}) || ':' || ${text(name)}, '-')`,
  );
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
     RETURNING ${digest(columns.map((column) => ({ ...column, name: `rows.${column.name}` })))} AS digest`,
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
