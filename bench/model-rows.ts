import Database from 'better-sqlite3';

export type Row = Record<string, unknown>;

/** Small enough that a signal to stop is handled within a second. */
export const rowsBetweenPauses = 10_000;

/** Copies an existing row many times, so that columns have the values that the program writes. */
export class ModelRows {
  readonly #model: Row;
  readonly #insert: Database.Statement<[Row]>;

  /** @param where Selects the row to copy, if there are several. Its number is not copied. */
  constructor(database: Database.Database, table: string, where: Row = {}) {
    const conditions = Object.keys(where).map((name) => ` AND ${name} = @${name}`);
    const model = database
      .prepare<[Row], Row>(`SELECT * FROM ${table} WHERE true${conditions.join('')}`)
      .get(where);
    if (model === undefined) throw new Error(`there is no row in ${table} to model the others on`);
    const { n, ...columns } = model;
    const names = Object.keys(columns);
    this.#model = columns;
    this.#insert = database.prepare<[Row]>(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`,
    );
  }

  /** @returns the number of the new row */
  insert(changes: Row): number | bigint {
    return this.#insert.run({ ...this.#model, ...changes }).lastInsertRowid;
  }

  /** Inserts `count` rows; `changes` returns what differs in each. */
  async insertMany(count: number, changes: (row: number) => Row): Promise<void> {
    for (let row = 0; row < count; row++) {
      if (row % rowsBetweenPauses === 0) await Bun.sleep(0);
      this.insert(changes(row));
    }
  }
}

/** One large transaction without a journal. A crash would damage the file, but it is only for this run. */
export async function withoutSafety(
  file: string,
  work: (database: Database.Database) => Promise<void>,
): Promise<void> {
  const database = new Database(file);
  try {
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    database.pragma('cache_size = -1048576');
    database.exec('BEGIN IMMEDIATE');
    await work(database);
    database.exec('COMMIT');
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
}
