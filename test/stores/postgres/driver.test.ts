import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure, NoAnswer } from '../../../src/core/failure.ts';
import { OutcomeUnknown } from '../../../src/core/outcome-unknown.ts';
import { type DriverOptions, PgSql } from '../../../src/stores/postgres/database/driver.ts';
import { prepared, unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { openedForSuite } from '../../ports/opened.ts';
import { freePort } from '../../support/ports.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { type PostgresProxy, startPostgresProxy } from '../../support/postgres-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';
import { openPostgresStores } from './open-postgres-stores.ts';

const insert = prepared('INSERT INTO notes (id) VALUES ($1)');
const pid = unprepared('SELECT pg_backend_pid() AS pid');
const sleep = unprepared('SELECT pg_sleep(5)');

/** What a call throws: the code of a failure, `unknown` for a write with an unknown outcome. */
async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(() => undefined).catch((thrown: unknown) => thrown);
  if (error instanceof OutcomeUnknown) return 'unknown';
  return error instanceof Failure ? error.code : error;
}

await suiteWithPostgres('the connections to PostgreSQL', () => {
  const stores = openedForSuite(openPostgresStores);
  const server = () => stores()[0].sql;
  let proxy: PostgresProxy;
  const opened: PgSql[] = [];
  beforeAll(async () => {
    await server().write(unprepared('CREATE TABLE notes (id text PRIMARY KEY)'));
    proxy = await startPostgresProxy(stores()[0].url);
  });
  beforeEach(() => {
    proxy.delay = 0;
  });
  afterAll(async () => {
    await Promise.all(opened.map((sql) => sql.close()));
    proxy.stop();
  });

  function openThroughProxy(options: Partial<DriverOptions> = {}): PgSql {
    const sql = new PgSql({ url: proxy.url, pool: 2, prepare: true, ...options });
    opened.push(sql);
    return sql;
  }
  const pidOf = async (sql: PgSql) => (await sql.read<{ pid: number }>(pid))[0]?.pid ?? 0;
  const isStored = async (id: string) =>
    (await server().read(unprepared('SELECT 1 FROM notes WHERE id = $1'), [id])).length === 1;
  const isAlive = async (backend: number) =>
    (await server().read(unprepared('SELECT 1 FROM pg_stat_activity WHERE pid = $1'), [backend])).length ===
    1;
  const terminate = (backend: number) =>
    server().read(unprepared('SELECT pg_terminate_backend($1)'), [backend]);

  describe('a write', () => {
    test('whose COMMIT has no answer has an unknown outcome, and took effect', async () => {
      const sql = openThroughProxy();
      proxy.fail('COMMIT', 'answer lost');
      expect(await thrownBy(sql.transaction((tx) => tx.run(insert, ['commit lost'])))).toBe('unknown');
      expect(await isStored('commit lost')).toBe(true);
      await sql.transaction((tx) => tx.run(insert, ['after commit lost']));
    });

    test('whose COMMIT does not reach the server has an unknown outcome, and took no effect', async () => {
      const sql = openThroughProxy();
      proxy.fail('COMMIT', 'unsent');
      expect(await thrownBy(sql.transaction((tx) => tx.run(insert, ['commit unsent'])))).toBe('unknown');
      expect(await isStored('commit unsent')).toBe(false);
    });

    test('of one statement without an answer has an unknown outcome, and took effect', async () => {
      const sql = openThroughProxy();
      proxy.fail('one lost', 'answer lost');
      expect(await thrownBy(sql.write(insert, ['one lost']))).toBe('unknown');
      expect(await isStored('one lost')).toBe(true);
    });

    test('whose answer does not come in time has an unknown outcome', async () => {
      const sql = openThroughProxy({ deadline: 200 });
      proxy.fail('one silent', 'silence');
      expect(await thrownBy(sql.write(insert, ['one silent']))).toBe('unknown');
      expect(await isStored('one silent')).toBe(true);
      expect(await thrownBy(sql.write(insert, ['after the silence']))).toBeUndefined();
    });

    test('that loses its connection before the COMMIT took no effect, and its outcome is known', async () => {
      const sql = openThroughProxy();
      proxy.fail('in between', 'answer lost');
      const write = sql.transaction(async (tx) => {
        await tx.run(insert, ['first']);
        await tx.run(insert, ['in between']);
      });
      expect(await thrownBy(write)).toBe('store_away');
      expect(await isStored('first')).toBe(false);
    });

    test('whose connection breaks between its statements fails, and the process goes on', async () => {
      const sql = openThroughProxy();
      const write = sql.transaction(async (tx) => {
        await tx.run(insert, ['broken']);
        const [backend] = (await tx.run<{ pid: number }>(pid)).rows;
        await terminate(backend?.pid ?? 0);
        await waitFor('the cut', async () => !(await isAlive(backend?.pid ?? 0)));
        await pause(20);
      });
      expect(await thrownBy(write)).toBe('store_away');
      expect(await isStored('broken')).toBe(false);
      expect(await thrownBy(sql.write(insert, ['after the break']))).toBeUndefined();
    });
  });

  describe('an error of a statement', () => {
    test('keeps the connection', async () => {
      const sql = openThroughProxy({ pool: 1 });
      const before = await pidOf(sql);
      await sql.write(insert, ['twice']);
      expect(await thrownBy(sql.write(insert, ['twice']))).toMatchObject({ code: '23505' });
      const inTransaction = sql.transaction((tx) => tx.run(insert, ['twice']));
      expect(await thrownBy(inTransaction)).toMatchObject({ code: '23505' });
      expect(await thrownBy(sql.read(unprepared('SELECT nonsense')))).toMatchObject({ code: '42703' });
      expect(await pidOf(sql)).toBe(before);
    });

    test('that the transaction ignores is not taken for a commit', async () => {
      const sql = openThroughProxy();
      const write = sql.transaction(async (tx) => {
        await tx.run(insert, ['ignored']);
        await tx.run(unprepared('SELECT nonsense')).catch(() => undefined);
      });
      expect(await thrownBy(write)).toBeInstanceOf(Error);
      expect(await isStored('ignored')).toBe(false);
    });

    test('from a read-only server closes the connection, and the next one can write', async () => {
      const sql = openThroughProxy({ pool: 1 });
      const makeReadOnly = unprepared(`SELECT set_config('default_transaction_read_only', 'on', false)`);
      for (const write of [
        () => sql.write(insert, ['read-only']),
        () => sql.transaction((tx) => tx.run(insert, ['read-only'])),
      ]) {
        await sql.read(makeReadOnly);
        const before = await pidOf(sql);
        expect(await thrownBy(write())).toBe('store_away');
        expect(await pidOf(sql)).not.toBe(before);
      }
      expect(await thrownBy(sql.write(insert, ['read-only']))).toBeUndefined();
    });

    test('from a transaction that was idle for too long closes the connection, and took no effect', async () => {
      const sql = openThroughProxy({ pool: 1 });
      await sql.read(unprepared(`SELECT set_config('idle_in_transaction_session_timeout', '50', false)`));
      const write = sql.transaction(async (tx) => {
        await tx.run(insert, ['idle']);
        await pause(200);
      });
      expect(await thrownBy(write)).toBe('store_away');
      expect(await isStored('idle')).toBe(false);
    });
  });

  describe('a new connection', () => {
    test('that fails before its first statement is closed', async () => {
      // Its answer decides whether the server is the primary.
      const broken = `CREATE FUNCTION public.pg_is_in_recovery() RETURNS bool LANGUAGE plpgsql
        AS $$ BEGIN RAISE 'broken' USING ERRCODE = 'data_exception'; END $$`;
      const { url } = stores()[0];
      const database = new URL(url).pathname.slice(1);
      await server().write(unprepared(broken));
      await server().write(unprepared(`ALTER DATABASE ${database} SET search_path = public, pg_catalog`));
      const sql = new PgSql({ url, pool: 4, prepare: true, name: 'leaking' });
      opened.push(sql);
      for (let tries = 0; tries < 3; tries += 1) expect(await thrownBy(sql.read(pid))).toBe('store_away');
      await server().write(unprepared(`ALTER DATABASE ${database} RESET search_path`));
      await server().write(unprepared('DROP FUNCTION public.pg_is_in_recovery()'));
      const left = unprepared("SELECT 1 FROM pg_stat_activity WHERE application_name = 'leaking'");
      await waitFor('the connections to end', async () => (await server().read(left)).length === 0);
    });
  });

  describe('a statement without an answer', () => {
    test('ends at its deadline with its connection, and is never cancelled by a request', async () => {
      const sql = openThroughProxy({ pool: 1, deadline: 300 });
      const before = await pidOf(sql);
      const start = Date.now();
      expect(await thrownBy(sql.read(sleep))).toBe('store_away');
      expect(Date.now() - start).toBeWithin(290, 1500);
      expect(await pidOf(sql)).not.toBe(before);
      expect(proxy.cancels).toBe(0);
    });

    test('in a transaction closes the connection, which ends its locks', async () => {
      const sql = openThroughProxy({ pool: 1, deadline: 300 });
      proxy.fail('held back', 'silence');
      expect(await thrownBy(sql.transaction((tx) => tx.run(insert, ['held back'])))).toBe('store_away');
      // The same row can be inserted as soon as the server has noticed.
      await server().write(insert, ['held back']);
    });

    test('does not delay the others that wait for a connection', async () => {
      const sql = openThroughProxy({ pool: 1, deadline: 300 });
      const slow = thrownBy(sql.read(sleep));
      const waiting = Array.from({ length: 5 }, () => pidOf(sql));
      expect(await slow).toBe('store_away');
      expect((await Promise.all(waiting)).every((backend) => backend > 0)).toBe(true);
    });
  });

  describe('a read of whole tables', () => {
    const slow = unprepared('SELECT pg_sleep(0.6)');

    test('takes longer than other statements may', async () => {
      const sql = openThroughProxy({ pool: 1, deadline: 300 });
      const limitedByServer = openThroughProxy({ pool: 1 });
      await limitedByServer.read(unprepared(`SELECT set_config('statement_timeout', '300', false)`));
      for (const each of [sql, limitedByServer]) {
        const before = await pidOf(each);
        expect(await thrownBy(each.readLong(slow))).toBeUndefined();
        expect(await pidOf(each)).toBe(before);
        expect(await thrownBy(each.read(slow))).toBe('store_away');
      }
    });

    test('ends at its own deadline, and cannot write', async () => {
      const sql = openThroughProxy({ pool: 1, longDeadline: 300 });
      expect(await thrownBy(sql.readLong(insert, ['read']))).toBe('store_away');
      const before = await pidOf(sql);
      expect(await thrownBy(sql.readLong(slow))).toBe('store_away');
      expect(await pidOf(sql)).not.toBe(before);
      expect(await isStored('read')).toBe(false);
    });
  });

  test('a slow network slows statements and fails none', async () => {
    const sql = openThroughProxy();
    await pidOf(sql);
    proxy.delay = 100;
    const times: number[] = [];
    // A busy machine adds to some of them.
    for (let attempt = 0; attempt < 10 && !times.some((time) => time < 590); attempt += 1) {
      const start = Date.now();
      await sql.transaction((tx) => tx.run(insert, [`slow ${attempt}`]));
      times.push(Date.now() - start);
    }
    // BEGIN and the first statement share a round trip, and COMMIT needs one.
    expect(Math.min(...times)).toBeWithin(390, 590);
  });

  test('a refused connection is reported at once', async () => {
    const sql = openThroughProxy({ url: `postgres://postgres@127.0.0.1:${await freePort()}/none` });
    const start = Date.now();
    for (const call of [sql.read(pid), sql.write(insert, ['refused']), sql.transaction((tx) => tx.run(pid))])
      expect(await thrownBy(call)).toBe('store_away');
    expect(Date.now() - start).toBeLessThan(1000);
  });

  test('a call that gets no connection fails in time, and later calls succeed', async () => {
    const sql = openThroughProxy({ pool: 2, connectTimeout: 200 });
    const busy = [sql.read(unprepared('SELECT pg_sleep(3)')), sql.read(unprepared('SELECT pg_sleep(3)'))];
    const start = Date.now();
    const cause = new Error('all connections of the pool were in use for 0.2 s');
    expect(await Promise.allSettled([sql.read(pid), sql.write(insert, ['too many'])])).toMatchObject([
      { reason: { code: 'store_away', cause } },
      { reason: { code: 'store_away', cause } },
    ]);
    expect(Date.now() - start).toBeWithin(190, 2900);
    await Promise.all(busy);
    expect(await thrownBy(sql.read(pid))).toBeUndefined();
    expect(await isStored('too many')).toBe(false);
  });

  test('a server that accepts and does not answer is reported in time', async () => {
    const sql = openThroughProxy({ connectTimeout: 200 });
    proxy.fail('mayfly', 'silence');
    const start = Date.now();
    const cause = new NoAnswer(200);
    expect(await sql.read(pid).catch((thrown: unknown) => thrown)).toMatchObject({
      code: 'store_away',
      cause,
    });
    expect(Date.now() - start).toBeLessThan(1500);
    expect(await thrownBy(sql.read(pid))).toBeUndefined();
  });
});
