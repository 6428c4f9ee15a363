import { createHash } from 'node:crypto';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import type { MovedTable, MovedValue } from '../../../core/ports/moving.ts';
import { byteaArray } from '../payloads/bytea-array.ts';
import * as schema from '../schema/index.ts';

/** Columns that only this database has; each has a default. */
const onlyHere: Record<string, string[]> = {
  blob_journal: ['held_bytes', 'is_anonymous'],
  webhooks: ['claimed_until'],
};

/** How values of a type are sent, stored and compared. */
type Kind = {
  /** The type of an array of parameters. */
  array: string;
  /** Makes the value of the column from the parameter. */
  from: (name: string) => string;
  /** The stored value as text. */
  text: (name: string) => string;
  /** The checksum of a column (`MoveTotals`). */
  checksum: (name: string) => string;
  /** The parameter for a value, and its text as `text` makes it. */
  encode: (value: Exclude<MovedValue, null>) => {
    value: string | number | boolean | Uint8Array;
    text: string;
  };
};

/** Names may come from versions that accepted U+0000, which PostgreSQL cannot store in text. */
const storable = (text: MovedValue) => String(text).toWellFormed().replaceAll('\0', '\uFFFD');
const plain = (name: string) => name;
const cast = (name: string) => `${name}::text`;
const count = (name: string) => `count(${name})`;
const asText = (array: string): Kind => ({
  array,
  from: plain,
  text: plain,
  checksum: count,
  encode: (given) => ({ value: storable(given), text: storable(given) }),
});
const asNumber = (array: string): Kind => ({
  array,
  from: plain,
  text: cast,
  checksum: (name) => `sum(${name} % 1000003)`,
  encode: (given) => ({ value: Number(given), text: String(given) }),
});

const kinds: Record<string, Kind> = {
  text: asText('text'),
  'text COLLATE "C"': asText('text'),
  bigint: asNumber('int8'),
  integer: asNumber('int4'),
  boolean: {
    array: 'bool',
    from: plain,
    text: cast,
    checksum: (name) => `sum(${name}::int)`,
    encode: (given) => ({ value: given !== 0, text: String(given !== 0) }),
  },
  uuid: {
    array: 'uuid',
    from: plain,
    text: (name) => `replace(${name}::text, '-', '')`,
    checksum: count,
    encode: (given) => ({ value: String(given), text: String(given) }),
  },
  bytea: {
    array: 'bytea',
    from: plain,
    text: (name) => `encode(sha256(${name}), 'hex')`,
    checksum: (name) => `sum(octet_length(${name}))`,
    encode: (given) => {
      const bytes = given as Uint8Array;
      return { value: bytes, text: createHash('sha256').update(bytes).digest('hex') };
    },
  },
  'text[]': {
    array: 'text',
    from: (name) =>
      `CASE WHEN ${name} IS NOT NULL THEN ARRAY(SELECT json_array_elements_text(${name}::json)) END`,
    text: (name) => `array_to_json(${name})::text`,
    checksum: count,
    encode: (given) => {
      const list = JSON.stringify((JSON.parse(String(given)) as string[]).map(storable));
      return { value: list, text: list };
    },
  },
};

function kindOf(type: string): Kind {
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`columns of type ${type} cannot be moved`);
  return kind;
}

export type MovedColumn = Kind & { name: string };

/** A table of this database that is moved. */
export type MovedColumns = {
  columns: MovedColumn[];
  key: MovedColumn[];
  /** The columns of each other unique constraint and index. */
  uniques: MovedColumn[][];
};

const tables = new Map<string, PgTable>(
  Object.values(schema).map((table) => [getTableConfig(table).name, table]),
);
const known = new Map<MovedTable, MovedColumns>();

/** What is moved of a table. Payloads have the same columns in all of their tables. */
export function movedColumns(name: MovedTable): MovedColumns {
  const found = known.get(name);
  if (found !== undefined) return found;
  const table = tables.get(name === 'payloads' ? 'payloads_legacy' : name);
  if (table === undefined) throw new Error(`no table ${name}`);
  const columns = columnsOf(table);
  known.set(name, columns);
  return columns;
}

function columnsOf(table: PgTable): MovedColumns {
  const { name, columns, primaryKeys, indexes } = getTableConfig(table);
  const moved = columns
    .filter((column) => !onlyHere[name]?.includes(column.name))
    .map((column): MovedColumn => ({ name: column.name, ...kindOf(column.getSQLType()) }));
  const named = (names: string[]) => moved.filter((column) => names.includes(column.name));
  const composite = primaryKeys[0]?.columns.map((column) => column.name);
  const single = columns.filter(({ primary }) => primary).map((column) => column.name);
  const uniqueIndexes = indexes.filter(({ config }) => config.unique);
  return {
    columns: moved,
    key: named(composite ?? single),
    uniques: [
      ...columns.filter(({ isUnique }) => isUnique).map((column) => named([column.name])),
      ...uniqueIndexes.map(({ config }) =>
        named(config.columns.flatMap((column) => ('name' in column ? String(column.name) : []))),
      ),
    ],
  };
}

/** The parameter with the values of a column. */
export function parameter(
  { array }: MovedColumn,
  values: (string | number | boolean | Uint8Array | null)[],
): unknown {
  return array === 'bytea' ? byteaArray(values as (Uint8Array | null)[]) : values;
}

/** `unnest` of one parameter for each column, with their names. */
export function given(columns: MovedColumn[]): string {
  const parameters = columns.map(({ array }, index) => `$${index + 1}::${array}[]`);
  return `unnest(${parameters.join(', ')}) AS given (${columns.map(({ name }) => name).join(', ')})`;
}
