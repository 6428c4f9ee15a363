import Database from 'better-sqlite3';

export type Row = Record<string, unknown>;

/** So that a signal to stop is heard within a second. */
export const rowsBetweenPauses = 10_000;

/** Writes rows that are like one that is there: all that the program writes is right by itself, and stays so. */
export class ModelRows {
  readonly #model: Row;
  readonly #insert: Database.Statement<[Row]>;

  /** @param where Which row is the model, where it is not the only one; its number is not taken over. */
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

  /** @returns The number of the new row. */
  insert(changes: Row): number | bigint {
    return this.#insert.run({ ...this.#model, ...changes }).lastInsertRowid;
  }

  /** Inserts `count` rows, with what `changes` says of each. */
  async insertMany(count: number, changes: (row: number) => Row): Promise<void> {
    for (let row = 0; row < count; row++) {
      if (row % rowsBetweenPauses === 0) await Bun.sleep(0);
      this.insert(changes(row));
    }
  }
}

/** One great transaction without a journal: a crash would spoil the file, which is only made for this run. */
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
