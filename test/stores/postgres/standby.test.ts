import { afterAll, beforeAll, expect, test } from 'bun:test';
import pg from 'pg';
import { OutcomeUnknown } from '../../../src/core/outcome-unknown.ts';
import { PgSql } from '../../../src/stores/postgres/database/driver.ts';
import { prepareServer } from '../../../src/stores/postgres/database/open.ts';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { StandbyWait } from '../../../src/stores/postgres/database/standby-wait.ts';
import { checkStandbys } from '../../../src/stores/postgres/database/standbys.ts';
import { Writes } from '../../../src/stores/postgres/database/writes.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';

// Rules: docs/high-availability.md. restarted-primary.test.ts has a standby.
await suiteWith(['postgres'], 'a server with a synchronous standby', () => {
  let server: PostgresServer;
  let admin: pg.Client;
  let url: string;
  let sql: PgSql;
  let writes: Writes;
  beforeAll(async () => {
    server = await startPostgres();
    admin = new pg.Client({ connectionString: server.adminUrl() });
    await admin.connect();
    url = await server.createDatabase();
    sql = new PgSql({ url, pool: 2, prepare: true, onConnect: () => standby.note() });
    const standby = new StandbyWait(sql);
    writes = new Writes(sql, undefined, { standby });
  }, 60_000);
  afterAll(async () => {
    await sql.close();
    await admin.end();
    await server.stop();
  });

  const nameStandbys = async (names: string) => {
    await admin.query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
    await admin.query('SELECT pg_reload_conf()');
    const isSet = async () =>
      (
        await sql.read<{ is: boolean }>(
          unprepared("SELECT current_setting('synchronous_standby_names') = $1 AS is"),
          [names],
        )
      )[0]?.is;
    await waitFor('the setting', isSet);
    if (names !== '') await untilCommitsWait();
  };

  /** The server shows the setting a moment before it applies it to commits. */
  const untilCommitsWait = async () => {
    const client = new pg.Client({ connectionString: server.adminUrl() });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid ?? 0;
    const commit = (): Promise<void> =>
      client.query("SELECT pg_logical_emit_message(true, '', '')").then(commit, () => undefined);
    const commits = commit();
    await waitFor('a commit to wait', async () => (await waitingForStandby()).includes(pid));
    await admin.query(`SELECT pg_terminate_backend(${pid})`);
    await commits;
  };

  const waitingForStandby = async () => {
    const { rows } = await admin.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
    );
    return rows.map(({ pid }) => pid);
  };

  test('must let the role see its standbys', async () => {
    const options = { url: () => url, directUrl: () => url, pool: 1, prepare: true, isUntested: false };
    await expect(
      prepareServer({ ...options, hasStandby: true }, { empty: true, older: false }),
    ).rejects.toThrow('GRANT pg_read_all_stats');
    await prepareServer(options, { empty: true, older: false });
    await admin.query('GRANT pg_read_all_stats TO mayfly');
    expect((await checkStandbys(sql)).problems).toEqual([]);
  });

  test('is reported if commits wait for no standby', async () => {
    expect((await checkStandbys(sql)).warnings).toEqual([
      expect.stringContaining('synchronous_standby_names is empty'),
    ]);
    await nameStandbys('missing');
    expect((await checkStandbys(sql)).warnings).toEqual([]);
    await nameStandbys('');
  });

  test.each(['pg_cancel_backend', 'pg_terminate_backend'])(
    'confirms no repeated write before the standby has the first one, whose wait ended by %s',
    async (interrupt) => {
      await writes.single(unprepared('CREATE TABLE written (id int PRIMARY KEY)'), []);
      const insert = unprepared('INSERT INTO written VALUES (1) ON CONFLICT DO NOTHING');
      await nameStandbys('missing');
      const first = writes.single(insert, []).catch((error: unknown) => error);
      const [pid] = await waitFor('the wait for the standby', async () => {
        const pids = await waitingForStandby();
        return pids.length === 1 && pids;
      });
      await admin.query(`SELECT ${interrupt}(${pid})`);
      expect(await first).toBeInstanceOf(OutcomeUnknown);
      expect(await sql.read(unprepared('SELECT id FROM written'))).toEqual([{ id: 1 }]);

      let isConfirmed = false;
      const second = writes.single(insert, []).finally(() => {
        isConfirmed = true;
      });
      await waitFor('a look at the standby', async () => {
        const { rows } = await admin.query(
          "SELECT FROM pg_stat_activity WHERE application_name LIKE 'mayfly%' AND query LIKE '%flush_lsn >=%'",
        );
        return rows.length > 0;
      });
      expect(isConfirmed).toBe(false);
      await nameStandbys('');
      expect((await second).count).toBe(0);
      await sql.write(unprepared('DROP TABLE written'));
    },
  );

  test('that is away lets no write wait for long or take another connection, and reads go on', async () => {
    await sql.write(unprepared('CREATE TABLE counted (n int)'));
    const impatient = new PgSql({ url, pool: 2, prepare: true, deadline: 1000, connectTimeout: 500 });
    const away = new Writes(impatient, undefined, { standby: new StandbyWait(impatient) });
    const write = () =>
      away
        .single(unprepared('INSERT INTO counted VALUES (1)'), [])
        .catch(({ code }: { code?: string }) => code);
    await write();
    await nameStandbys('missing');
    // Until a look at the standby has failed.
    for (let round = 0; round < 2; round += 1) {
      const outcomes = await Promise.all(Array.from({ length: 8 }, write));
      expect(new Set(outcomes)).toEqual(new Set(['store_away']));
      expect(await impatient.read(unprepared('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
    }
    const began = performance.now();
    for (let calls = 0; calls < 500; calls += 1) expect(await write()).toBe('store_away');
    // One of them would take longer if it waited for the standby.
    expect(performance.now() - began).toBeLessThan(4000);
    expect((await waitingForStandby()).length).toBeLessThanOrEqual(4);
    await nameStandbys('');
    await waitFor('writes', async () => typeof (await write()) === 'object');
    await impatient.close();
  });
});
