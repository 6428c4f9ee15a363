import { afterAll, beforeAll, expect, test } from 'bun:test';
import { PgSql } from '../../../src/stores/postgres/database/driver.ts';
import { prepared } from '../../../src/stores/postgres/database/sql.ts';
import { checkout } from '../../support/parts.ts';
import { startPgbouncer } from '../../support/pgbouncer.ts';
import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';

const [one, two] = [prepared('SELECT 1 AS value'), prepared('SELECT 2 AS value')];

// Rules: docs/settings.md, `DATABASE_PREPARE`.
await suiteWithPostgres('a pooler that mixes up the prepared statements of its clients', () => {
  let pooler: { url: string; stop(): Promise<unknown> };
  let clients: PgSql[];
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    drop = () => postgres.dropDatabase(url);
    pooler = await startPgbouncer(url);
    clients = [1, 2].map(() => new PgSql({ url: pooler.url, pool: 1, prepare: true }));
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await pooler.stop();
    await drop();
  });

  test('never lets a name stand for the statement of another process', async () => {
    const script = `import { prepared } from './src/stores/postgres/database/sql.ts';
      console.log(prepared(${JSON.stringify(two.text)}).name)`;
    const other = Bun.spawn([process.execPath, '-e', script], { cwd: checkout, stdout: 'pipe' });
    expect((await new Response(other.stdout).text()).trim()).toBe(two.name ?? '');
    expect(one.name).not.toBe(two.name);
  });

  test('makes the database unavailable, instead of causing faults', async () => {
    const [first, second] = clients as [PgSql, PgSql];
    expect(await first.read<{ value: number }>(one)).toEqual([{ value: 1 }]);
    // PgBouncer before 1.21 knows no prepared statements. It lends it the same connection, in which the first one has prepared the statement.
    await expect(second.read(one)).rejects.toMatchObject({ code: 'store_away' });
  });
}, ['pgbouncer']);
