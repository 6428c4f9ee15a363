import process from 'node:process';
import { Failure } from '../../../src/core/failure.ts';
import { PgSql } from '../../../src/stores/postgres/database/driver.ts';
import { prepared, type Queries, unprepared } from '../../../src/stores/postgres/database/sql.ts';

/** What 16 callers saw while the processes of their connections were ended on the server. */
export type KilledBackends = {
  /** How many processes were ended. */
  killed: number;
  /** Calls that got their own rows, and those that got the rows of another call. */
  own: number;
  strangers: number;
  /** Calls that failed, by the code of the failure; other errors by their message. */
  failures: Record<string, number>;
  /** The longest call (ms). */
  slowest: number;
  /** Calls of 16 that succeeded afterwards. */
  afterwards: number;
};

const callers = 16;
const tagged = prepared('SELECT $1::text AS tag, pg_sleep(random() * 0.02)::text AS slept');
const taggedToo = unprepared('SELECT $1::text AS tag');
const kill = unprepared(
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()`,
);

/** Runs on each runtime. @param url The URL of a database. */
export async function queryWhileBackendsAreKilled(url: string): Promise<KilledBackends> {
  const application = `killed ${process.pid}`;
  const victim = `${url}?application_name=${encodeURIComponent(application)}`;
  const sql = new PgSql({ url: victim, pool: 8, prepare: true, deadline: 2000 });
  const killer = new PgSql({ url, pool: 1, prepare: true });
  const seen: KilledBackends = { killed: 0, own: 0, strangers: 0, failures: {}, slowest: 0, afterwards: 0 };

  async function call(tag: string): Promise<boolean> {
    const start = performance.now();
    try {
      const [first, second] = await sql.transaction(async (tx) => [
        await tagOf(tx, tagged, tag),
        await tagOf(tx, taggedToo, `${tag} again`),
      ]);
      const [third] = await sql.read<{ tag: string }>(tagged, [`${tag} alone`]);
      const isOwn = first === tag && second === `${tag} again` && third?.tag === `${tag} alone`;
      seen[isOwn ? 'own' : 'strangers'] += 1;
      return isOwn;
    } catch (error) {
      const code = error instanceof Failure ? error.code : String(error);
      seen.failures[code] = (seen.failures[code] ?? 0) + 1;
      return false;
    } finally {
      seen.slowest = Math.max(seen.slowest, performance.now() - start);
    }
  }
  const callAll = (round: string) =>
    Promise.all(Array.from({ length: callers }, (_, caller) => call(`${round} ${caller}`)));
  const killAll = async () => {
    seen.killed += (await killer.read(kill, [application])).length;
  };

  for (let round = 0; round < 10; round += 1) {
    const whileBusy = [callAll(`${round} first`), callAll(`${round} second`)];
    await pause(15);
    await killAll();
    await Promise.all(whileBusy);
    await callAll(`${round} third`);
    // The connections are idle. Some calls may begin before the client has noticed.
    await killAll();
    await callAll(`${round} fourth`);
  }
  await pause(50);
  seen.afterwards = (await callAll('afterwards')).filter(Boolean).length;
  await Promise.all([sql.close(), killer.close()]);
  return seen;
}

async function tagOf(tx: Queries, statement: typeof tagged, tag: string): Promise<string | undefined> {
  return (await tx.run<{ tag: string }>(statement, [tag])).rows[0]?.tag;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

if (import.meta.main) console.log(JSON.stringify(await queryWhileBackendsAreKilled(process.argv[2] ?? '')));
