import type Database from 'better-sqlite3';
import {
  type Move,
  type MovedKey,
  type MovedRow,
  type MovedTable,
  type MovedValue,
  MoveRefused,
  type MoveSource,
  type MoveTotals,
  movedTables,
  type TableChanges,
} from '../../../core/ports/moving.ts';
import type { Connection } from '../database/connection.ts';
import { translate } from '../database/group-commit.ts';
import { movedTo } from './moved-away.ts';
import { movedColumns } from './moved-columns.ts';
import { readTotals } from './totals.ts';
import { createTriggers, dropTriggers, recordedKey } from './triggers.ts';

/** The maximum rows and bytes of a page, which are in memory at once. */
const pageRows = 500;
const pageBytes = 8 * 1024 * 1024;

type RawRow = Record<string, string | number | Uint8Array | null>;
type Change = { n: number; name: MovedTable; key: string };

/** A file that a server may use meanwhile. Its own transactions are short, because servers wait for them. */
export class SqliteMoveSource implements MoveSource {
  readonly #raw: Database.Database;

  constructor({ raw }: Pick<Connection, 'raw'>) {
    this.#raw = raw;
  }

  async current(): Promise<Move | undefined> {
    const found = this.#value('move');
    return found === undefined ? undefined : (JSON.parse(found) as Move);
  }

  async hasEnded(): Promise<boolean> {
    return movedTo(this.#raw) !== undefined;
  }

  async begin(move: Move): Promise<void> {
    this.#write(() => {
      createTriggers(this.#raw);
      this.#set('move', JSON.stringify(move));
    });
  }

  async lastPlace(table: MovedTable): Promise<number> {
    return this.#raw.prepare<[], number | null>(`SELECT max(rowid) FROM ${table}`).pluck().get() ?? 0;
  }

  async page(table: MovedTable, after: number, upTo: number): Promise<{ rows: MovedRow[]; last: number }> {
    return this.#page(table, after, upTo, '');
  }

  async unchangedPage(table: MovedTable, after: number, upTo: number) {
    const changed = `SELECT key FROM moved_changes WHERE name = '${table}'`;
    return this.#page(table, after, upTo, `AND ${recordedKey(table, table)} NOT IN (${changed})`);
  }

  #page(table: MovedTable, after: number, upTo: number, condition: string) {
    const { columns } = movedColumns(table);
    const statement = this.#raw.prepare<[number, number], RawRow & { place: number }>(
      `SELECT rowid AS place, ${columns.join(', ')} FROM ${table}
       WHERE rowid > ? AND rowid <= ? ${condition} ORDER BY rowid LIMIT ${pageRows}`,
    );
    const rows: MovedRow[] = [];
    let last = after;
    let bytes = 0;
    for (const { place, ...row } of statement.iterate(after, upTo)) {
      rows.push(movedRow(table, row));
      last = place;
      bytes += bytesOf(row);
      if (bytes >= pageBytes) break;
    }
    return { rows, last };
  }

  async changes(): Promise<{ changes: TableChanges[]; count: number; upTo: number | undefined }> {
    const found = new Map<MovedTable, TableChanges>();
    const seen = new Set<string>();
    let upTo: number | undefined;
    let count = 0;
    let bytes = 0;
    // One point in time for all rows: none appears in two of them.
    this.#raw.transaction(() => {
      const recorded = this.#raw.prepare<[], Change>(
        `SELECT n, name, key FROM moved_changes ORDER BY n LIMIT ${pageRows}`,
      );
      for (const { n, name, key } of recorded.all()) {
        if (bytes >= pageBytes) break;
        upTo = n;
        count += 1;
        if (seen.has(name + key)) continue;
        seen.add(name + key);
        const ofTable = found.get(name) ?? { table: name, rows: [], gone: [] };
        found.set(name, ofTable);
        const values = keyOf(name, key);
        const row = this.#row(name, values);
        if (row === undefined) ofTable.gone.push(values);
        else {
          bytes += bytesOf(row);
          ofTable.rows.push(movedRow(name, row));
        }
      }
    })();
    return { changes: [...found.values()], count, upTo };
  }

  async forget(upTo: number): Promise<void> {
    this.#write(() => this.#raw.prepare('DELETE FROM moved_changes WHERE n <= ?').run(upTo));
  }

  /** Changes are forgotten from the first one on, and their numbers have no gaps. */
  async forgotten(): Promise<number> {
    const statement = `SELECT coalesce((SELECT min(n) - 1 FROM moved_changes),
      (SELECT seq FROM sqlite_sequence WHERE name = 'moved_changes'), 0)`;
    return this.#raw.prepare<[], number>(statement).pluck().get() ?? 0;
  }

  async pendingChanges(): Promise<number> {
    return this.#raw.prepare<[], number>('SELECT count(*) FROM moved_changes').pluck().get() ?? 0;
  }

  async stopWrites(duration: number): Promise<void> {
    const until = this.#raw
      .prepare<[number], number>("SELECT CAST(unixepoch('subsec') * 1000 + ? AS INTEGER)")
      .pluck()
      .get(duration);
    this.#write(() => this.#set('writes_stopped_until', String(until)));
  }

  async resumeWrites(): Promise<void> {
    this.#write(() => this.#unset('writes_stopped_until'));
  }

  totals(): Promise<MoveTotals> {
    return readTotals(this.#raw);
  }

  async lastNumbers(): Promise<Record<string, number>> {
    const numbered = movedTables.filter((table) => movedColumns(table).key.join() === 'n');
    const highest = numbered.map((table) => {
      const inUse = this.#raw.prepare<[], number | null>(`SELECT max(n) FROM ${table}`).pluck().get() ?? 0;
      const used = this.#raw
        .prepare<[string], number>('SELECT seq FROM sqlite_sequence WHERE name = ?')
        .pluck()
        .get(table);
      return [table, Math.max(inUse, used ?? 0)];
    });
    return Object.fromEntries(highest);
  }

  async end(): Promise<'ended' | 'changed'> {
    return this.#write(() => {
      const move = this.#value('move');
      if (move === undefined) throw new MoveRefused('the move was undone meanwhile');
      if (this.#raw.prepare('SELECT 1 FROM moved_changes LIMIT 1').get() !== undefined) return 'changed';
      this.#set('moved_to', (JSON.parse(move) as Move).to);
      this.#unset('writes_stopped_until');
      return 'ended';
    });
  }

  async undo(hasEnded: boolean): Promise<void> {
    this.#write(() => {
      if (hasEnded !== (this.#value('moved_to') !== undefined))
        throw new MoveRefused('the move has ended or was undone meanwhile: try again');
      dropTriggers(this.#raw);
      for (const name of ['move', 'moved_to', 'writes_stopped_until']) this.#unset(name);
    });
  }

  #row(table: MovedTable, key: MovedKey): RawRow | undefined {
    const { columns, key: keyColumns } = movedColumns(table);
    const where = keyColumns.map((column) => `${column} = ?`).join(' AND ');
    return this.#raw
      .prepare<MovedKey, RawRow>(`SELECT ${columns.join(', ')} FROM ${table} WHERE ${where}`)
      .get(...key);
  }

  #value(name: string): string | undefined {
    return this.#raw
      .prepare<[string], string>('SELECT value FROM deployment WHERE name = ?')
      .pluck()
      .get(name);
  }

  #set(name: string, value: string): void {
    this.#raw
      .prepare(
        'INSERT INTO deployment (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      )
      .run(name, value);
  }

  #unset(name: string): void {
    this.#raw.prepare('DELETE FROM deployment WHERE name = ?').run(name);
  }

  #write<T>(work: () => T): T {
    try {
      return this.#raw.transaction(work).immediate();
    } catch (error) {
      throw translate(error);
    }
  }
}

/** A column with bytes may have text. */
function movedRow(table: MovedTable, row: RawRow): MovedRow {
  const { bytes } = movedColumns(table);
  const moved: Record<string, MovedValue> = row;
  for (const column of bytes) {
    const value = row[column];
    if (typeof value === 'string') moved[column] = Buffer.from(value);
  }
  return moved;
}

/** A key as a trigger recorded it: JSON, with bytes as hex digits. */
function keyOf(table: MovedTable, recorded: string): MovedKey {
  const { key, bytes } = movedColumns(table);
  const values = JSON.parse(recorded) as (string | number)[];
  return values.map((value, index) =>
    bytes.has(key[index] ?? '') ? Buffer.from(String(value), 'hex') : value,
  );
}

/** About the memory that a row takes. */
function bytesOf(row: RawRow): number {
  let bytes = 0;
  for (const value of Object.values(row))
    if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length;
  return bytes;
}
