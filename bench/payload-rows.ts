import { randomBytes, randomInt } from 'node:crypto';
import Database from 'better-sqlite3';
import { makeText } from './payloads.ts';

type Row = Record<string, unknown>;

const day = 86_400_000;
const minute = 60_000;
const textPoolSize = 1024 ** 2;
/** So that a signal to stop is heard within a second. */
const rowsBetweenPauses = 10_000;

/**
 * Fills a table up to `rows` with payloads that live for some days more, each like the one that is there but
 * for its id, content and times: they came in the order of their numbers and expire in any order.
 */
export async function fillTable(file: string, rows: number, contentSize: number): Promise<void> {
  await withoutSafety(file, async (database) => {
    const model = database.prepare<[], Row>('SELECT * FROM payloads').get();
    if (model === undefined) throw new Error('there is no row to model the others on');
    const { n, ...columns } = model;
    const names = Object.keys(columns);
    const insert = database.prepare<[Row]>(
      `INSERT INTO payloads (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`,
    );
    const pool = makeText(textPoolSize);
    const now = Date.now();
    for (let row = 1; row < rows; row++) {
      if (row % rowsBetweenPauses === 0) await Bun.sleep(0);
      const start = Math.floor(Math.random() * (textPoolSize - contentSize));
      insert.run({
        ...columns,
        id: randomBytes(16).toString('hex'),
        content: pool.slice(start, start + contentSize),
        created_at: now - 3 * day + Math.floor((row / rows) * day),
        expires_at: now + day + Math.floor(Math.random() * 6 * day),
      });
    }
  });
}

/** Lets exactly `count` rows, picked at random among those that live, have expired at some time of the last day. */
export async function expireRows(file: string, count: number): Promise<void> {
  await withoutSafety(file, async (database) => {
    const now = Date.now();
    const live = database
      .prepare<[number], number>('SELECT n FROM payloads WHERE expires_at > ?')
      .pluck()
      .all(now);
    if (live.length < count) throw new Error(`only ${live.length} rows are left to expire`);
    const expire = database.prepare<[number, number]>('UPDATE payloads SET expires_at = ? WHERE n = ?');
    for (const [index, n] of pick(live, count).entries()) {
      if (index % rowsBetweenPauses === 0) await Bun.sleep(0);
      expire.run(now - minute - randomInt(day), n);
    }
  });
}

/** A random choice in the order of the numbers, which is that of the pages. Shuffles `from`. */
function pick(from: number[], count: number): number[] {
  for (let place = 0; place < count; place++) {
    const other = randomInt(place, from.length);
    [from[place], from[other]] = [from[other] as number, from[place] as number];
  }
  return from.slice(0, count).toSorted((a, b) => a - b);
}

/** One great transaction without a journal: a crash would spoil the file, which is only made for this run. */
async function withoutSafety(
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
