import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { contentTables, type MovedTable, type MoveTotals, movedTables } from '../../../core/ports/moving.ts';
import { movedColumns } from './moved-columns.ts';

/** The rows that one statement reads. The stop of writes must be renewed in between, however large a table is. */
const rangeRows = 20_000;

/** Reads the totals of a move, while nothing is written. */
export async function readTotals(raw: Database.Database): Promise<MoveTotals> {
  const sums: MoveTotals['sums'] = {};
  for (const table of movedTables) Object.assign(sums, await sumsOf(raw, table));
  const usage = raw
    .prepare<[], Pick<MoveTotals, 'blobBytes' | 'anonymousBytes'>>(
      'SELECT blob_bytes AS blobBytes, stranger_bytes AS anonymousBytes FROM storage_usage',
    )
    .get();
  return { blobBytes: 0, anonymousBytes: 0, ...usage, sums };
}

async function sumsOf(raw: Database.Database, table: MovedTable): Promise<MoveTotals['sums']> {
  const { bytes, numbers, key, ...of } = movedColumns(table);
  const isCounted = contentTables.includes(table);
  // An index has the keys alone, without the content between them.
  const place = isCounted ? (key[0] ?? 'rowid') : 'rowid';
  const columns = isCounted ? [] : of.columns;
  const checksums = columns.map((column) => {
    if (numbers.has(column)) return `coalesce(sum(${column} % 1000003), 0)`;
    return bytes.has(column) ? `coalesce(sum(octet_length(${column})), 0)` : `count(${column})`;
  });
  const range = raw.prepare<[string | number], [last: string | number | null, ...sums: number[]]>(
    `SELECT max(place), ${['count(*)', ...checksums].join(', ')}
     FROM (SELECT ${[`${place} AS place`, ...columns].join(', ')} FROM ${table}
       WHERE ${place} > ? ORDER BY ${place} LIMIT ${rangeRows})`,
  );
  const names = [table, ...columns.map((column) => `${table}.${column}`)];
  const sums = Object.fromEntries(names.map((name) => [name, 0]));
  let after: string | number | null = place === 'rowid' || numbers.has(place) ? 0 : '';
  while (after !== null) {
    const found: [string | number | null, ...number[]] = range.raw().get(after) ?? [null];
    const [last, ...values] = found;
    for (const [index, name] of names.entries()) sums[name] = (sums[name] ?? 0) + (values[index] ?? 0);
    after = last;
    await nextTurn();
  }
  return sums;
}
