import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { MovedTable } from '../../../core/ports/moving.ts';
import * as schema from '../schema/index.ts';

/** A table that is moved: its columns, those of its key in the target, and those with bytes and with numbers. */
export type MovedColumns = {
  columns: string[];
  key: string[];
  bytes: ReadonlySet<string>;
  numbers: ReadonlySet<string>;
};

/** Tables whose row number is no key in the target. */
const keyedById = new Set<string>(['payloads', 'uploads']);

const tables = new Map(
  Object.values(schema).map((table) => [getTableConfig(table).name, columnsOf(table)] as const),
);

/** What is moved of a table. */
export function movedColumns(table: MovedTable): MovedColumns {
  const found = tables.get(table);
  if (found === undefined) throw new Error(`no table ${table}`);
  return found;
}

function columnsOf(table: SQLiteTable): MovedColumns {
  const { name, columns, primaryKeys } = getTableConfig(table);
  const moved = columns.filter((column) => !(keyedById.has(name) && column.primary));
  const composite = primaryKeys[0]?.columns.map((column) => column.name);
  const single = columns.filter(({ primary }) => primary).map((column) => column.name);
  const ofType = (type: string) =>
    new Set(moved.filter((column) => column.getSQLType() === type).map((column) => column.name));
  return {
    columns: moved.map((column) => column.name),
    key: keyedById.has(name) ? ['id'] : (composite ?? single),
    bytes: ofType('blob'),
    numbers: ofType('integer'),
  };
}
