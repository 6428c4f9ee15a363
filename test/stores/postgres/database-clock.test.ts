import { describe, expect, test } from 'bun:test';
import { Unhealthy } from '../../../src/core/ports/probe.ts';
import { DatabaseClock } from '../../../src/stores/postgres/database/database-clock.ts';
import { PgSql } from '../../../src/stores/postgres/database/driver.ts';
import type { Queries, Sql } from '../../../src/stores/postgres/database/sql.ts';
import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';

/**
 * A database whose clock is `ahead` of this process (ms), with round trips that take `there` and `back`. All clocks
 * stand still otherwise.
 */
function scene({ ahead = 0, trips = [[1, 1]] as [there: number, back: number][] } = {}) {
  const times = { monotonic: 1000, wall: 5_000_000, database: 5_000_000 + ahead };
  const pass = (milliseconds: number) => {
    times.monotonic += milliseconds;
    times.wall += milliseconds;
    times.database += milliseconds;
  };
  const taken = { trips };
  let trip = 0;
  const queries: Queries = {
    async run<Row>() {
      const [there, back] = taken.trips[trip++ % taken.trips.length] ?? [0, 0];
      pass(there);
      const row = { time: times.database };
      pass(back);
      return { rows: [row as Row], count: 1 };
    },
  };
  const sql = { transaction: <T>(work: (queries: Queries) => Promise<T>) => work(queries) } as Sql;
  const clock = new DatabaseClock(sql, { monotonic: () => times.monotonic, wall: () => times.wall });
  return { clock, times, pass, taken };
}

// Rules: docs/postgresql.md, "The clock".
describe('the clock of the database', () => {
  test('is the time of the database if the round trip is symmetric', async () => {
    const { clock, times, pass } = scene({ ahead: 1234, trips: [[3, 3]] });
    await clock.compare();
    expect(clock.now()).toBe(times.database);
    pass(60_000);
    expect(clock.now()).toBe(times.database);
  });

  test('is wrong by at most half of the shortest round trip', async () => {
    const trips: [number, number][] = [
      [40, 0],
      [6, 0],
      [0, 90],
    ];
    const { clock, times } = scene({ trips });
    await clock.compare();
    expect(Math.abs(clock.now() - times.database)).toBeLessThanOrEqual(3);
  });

  test('keeps a better comparison when a later one is slow', async () => {
    const { clock, times, taken, pass } = scene();
    await clock.compare();
    taken.trips = [[200, 0]];
    pass(10_000);
    await clock.compare();
    expect(clock.now()).toBe(times.database);
  });

  test('follows the database when its clock is set, or another server takes over', async () => {
    const { clock, times, taken } = scene();
    await clock.compare();
    times.database += 700;
    taken.trips = [[20, 20]];
    await clock.compare();
    expect(clock.now()).toBe(times.database);
  });

  test('does not depend on the clock of the machine', async () => {
    const { clock, times } = scene();
    await clock.compare();
    times.wall -= 3_600_000;
    expect(clock.now()).toBe(times.database);
  });

  test('is not ready if the clock of the machine differs by more than 5 seconds', async () => {
    const ready = scene({ ahead: 4900 });
    await ready.clock.compare();
    await ready.clock.require();
    const wrong = scene({ ahead: -5100 });
    await wrong.clock.compare();
    await expect(wrong.clock.require()).rejects.toBeInstanceOf(Unhealthy);
  });

  test('is not ready if it is not exact to 250 ms', async () => {
    const slow = scene({ trips: [[0, 520]] });
    await slow.clock.compare();
    await expect(slow.clock.require()).rejects.toBeInstanceOf(Unhealthy);
    const ready = scene({ trips: [[0, 480]] });
    await ready.clock.compare();
    await ready.clock.require();
  });

  test('is not ready if it was not compared for minutes', async () => {
    const { clock, pass } = scene();
    await clock.compare();
    pass(60_000);
    await clock.require();
    pass(600_000);
    await expect(clock.require()).rejects.toBeInstanceOf(Unhealthy);
  });
});

await suiteWithPostgres('with a real server', () => {
  test('it is the time of the machine that both run on', async () => {
    const { adminUrl } = await sharedPostgres();
    const sql = new PgSql({ url: adminUrl(), pool: 1, prepare: true });
    const clock = new DatabaseClock(sql);
    await clock.compare();
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(250);
    await clock.require();
    await sql.close();
  });
});
