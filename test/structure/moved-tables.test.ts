import { describe, expect, test } from 'bun:test';
import { getTableConfig as pgTable } from 'drizzle-orm/pg-core';
import { getTableConfig as sqliteTable } from 'drizzle-orm/sqlite-core';
import { movedTables } from '../../src/core/ports/moving.ts';
import { movedColumns as columnsHere } from '../../src/stores/postgres/moving/moved-columns.ts';
import * as postgres from '../../src/stores/postgres/schema/index.ts';
import { movedColumns as columnsThere } from '../../src/stores/sqlite/moving/moved-columns.ts';
import * as sqlite from '../../src/stores/sqlite/schema/index.ts';

/** Tables that `mayfly move` does not copy, and the reason. */
const exceptions: Record<string, string> = {
  deployment: 'its values are set at the end',
  storage_usage: 'storage_counters are counted from the rows',
  storage_counters: 'the same',
  payloads_legacy: 'payloads are divided between it and the ring',
  room_leases: 'leases of nodes, and no node runs yet',
  part_bookings: 'parts on their way to a node, and no node runs yet',
  taken_reads: 'answers that clients of a node wait for, and no node runs yet',
};

const there = Object.values(sqlite).map((table) => sqliteTable(table).name);
const here = Object.values(postgres).map((table) => pgTable(table).name);

describe('a move', () => {
  test('copies every table of both schemas, or has a reason not to', () => {
    const known = [...movedTables, ...Object.keys(exceptions)].toSorted();
    expect([...new Set([...there, ...here, 'payloads'])].toSorted()).toEqual(known);
  });

  test.each(movedTables)('copies every column of %s, by the same key', (table) => {
    const names = (columns: { name: string }[]) => columns.map(({ name }) => name);
    expect(columnsThere(table).columns.toSorted()).toEqual(names(columnsHere(table).columns).toSorted());
    expect(columnsThere(table).key).toEqual(names(columnsHere(table).key));
  });
});
