import { randomBytes, randomInt } from 'node:crypto';
import { ModelRows, rowsBetweenPauses, withoutSafety } from './model-rows.ts';
import { makeText } from './payloads.ts';

const day = 86_400_000;
const minute = 60_000;
const textPoolSize = 1024 ** 2;

/**
 * Fills a table up to `rows` with copies of its first payload that expire in some days. They differ in id, content and
 * times: they were created in the order of their numbers and expire in random order.
 */
export async function fillTable(file: string, rows: number, contentSize: number): Promise<void> {
  await withoutSafety(file, async (database) => {
    const payloads = new ModelRows(database, 'payloads');
    const pool = makeText(textPoolSize);
    const now = Date.now();
    await payloads.insertMany(rows - 1, (row) => {
      const start = Math.floor(Math.random() * (textPoolSize - contentSize));
      return {
        id: randomBytes(16).toString('hex'),
        content: pool.slice(start, start + contentSize),
        created_at: now - 3 * day + Math.floor((row / rows) * day),
        expires_at: now + day + Math.floor(Math.random() * 6 * day),
      };
    });
  });
}

/** Sets the expiry of exactly `count` random rows that have not expired to a time within the last day. */
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

/** A random choice, sorted by number, which is the order of the pages. Shuffles `from`. */
function pick(from: number[], count: number): number[] {
  for (let place = 0; place < count; place++) {
    const other = randomInt(place, from.length);
    [from[place], from[other]] = [from[other] as number, from[place] as number];
  }
  return from.slice(0, count).toSorted((a, b) => a - b);
}
