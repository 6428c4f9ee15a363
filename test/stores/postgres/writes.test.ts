import { beforeAll, describe, expect, test } from 'bun:test';
import { Failure } from '../../../src/core/failure.ts';
import { OutcomeUnknown } from '../../../src/core/outcome-unknown.ts';
import type { Change } from '../../../src/core/ports/changes.ts';
import { PgSql } from '../../../src/stores/postgres/database/driver.ts';
import { Conflict } from '../../../src/stores/postgres/database/errors.ts';
import { prepared, unprepared } from '../../../src/stores/postgres/database/sql.ts';
import type { Transaction } from '../../../src/stores/postgres/database/transaction.ts';
import { Writes } from '../../../src/stores/postgres/database/writes.ts';
import { openedForSuite } from '../../ports/opened.ts';
import { race } from '../../ports/race.ts';
import { someAccount } from '../../ports/some-object.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { startPostgresProxy } from '../../support/postgres-proxy.ts';
import { openPostgresStores } from './open-postgres-stores.ts';

const add = prepared('UPDATE totals SET total = total + 1 WHERE id = $1');
const read = prepared('SELECT total FROM totals WHERE id = $1');
const set = prepared('UPDATE totals SET total = $2 WHERE id = $1');

await suiteWithPostgres('write transactions in PostgreSQL', () => {
  const connections = openedForSuite(openPostgresStores, 2);
  const stores = () => connections()[0];
  const writesOver = (each = stores()) => new Writes(each.sql);
  beforeAll(async () => {
    await stores().sql.write(unprepared('CREATE TABLE totals (id text PRIMARY KEY, total int8 NOT NULL)'));
  });

  async function insertTotals(...ids: string[]): Promise<void> {
    for (const id of ids)
      await stores().sql.write(unprepared('INSERT INTO totals (id, total) VALUES ($1, 0)'), [id]);
  }
  const total = async (id: string) => (await stores().sql.read<{ total: number }>(read, [id]))[0]?.total;

  /** Resolves for all callers once `count` of them have called it. */
  function meeting(count: number): () => Promise<void> {
    let arrived = 0;
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    return () => {
      arrived += 1;
      if (arrived === count) open();
      return opened;
    };
  }

  describe('a conflict with another transaction', () => {
    test('by locks in crossed order is resolved: both take effect, once', async () => {
      await insertTotals('one', 'two');
      const meet = meeting(2);
      let attempts = 0;
      const crossed = (first: string, second: string) =>
        writesOver().atomic(async (tx) => {
          attempts += 1;
          await tx.run(add, [first]);
          await meet();
          await tx.run(add, [second]);
          return first;
        });
      expect(await Promise.all([crossed('one', 'two'), crossed('two', 'one')])).toEqual(['one', 'two']);
      expect(attempts).toBe(3);
      expect([await total('one'), await total('two')]).toEqual([2, 2]);
    });

    test('of 16 serializable transactions loses no update', async () => {
      await insertTotals('serial');
      await race(connections(), (each) =>
        writesOver(each).atomic(async (tx) => {
          await tx.run(unprepared('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE'));
          const found = await tx.first<{ total: number }>(read, ['serial']);
          await tx.run(set, ['serial', (found?.total ?? 0) + 1]);
        }),
      );
      expect(await total('serial')).toBe(16);
    });

    test('that a store finds itself runs the work again from its start', async () => {
      await insertTotals('again');
      let attempts = 0;
      await writesOver().atomic(async (tx) => {
        await tx.run(add, ['again']);
        attempts += 1;
        if (attempts < 3) throw new Conflict();
      });
      expect([attempts, await total('again')]).toEqual([3, 1]);
    });

    test('that does not end makes the store unavailable, and takes no effect', async () => {
      await insertTotals('endless');
      const work = async (tx: Transaction) => {
        await tx.run(add, ['endless']);
        throw new Conflict();
      };
      await expect(writesOver().atomic(work)).rejects.toMatchObject({ code: 'store_away' });
      expect(await total('endless')).toBe(0);
    });
  });

  describe('a transaction that fails', () => {
    test('is undone with its bookings, and the caller gets its error', async () => {
      await insertTotals('undone');
      const account = someAccount();
      await stores().accounts.insert(account);
      const work = writesOver().atomic(async (tx) => {
        await tx.run(add, ['undone']);
        tx.books.book({ accountId: account.id, storedBytes: 10, storedObjects: 1 });
        throw new Failure('precondition_failed', 'no');
      });
      await expect(work).rejects.toMatchObject({ code: 'precondition_failed' });
      expect(await total('undone')).toBe(0);
      expect(await stores().accounts.usage(account.id)).toMatchObject({ storedBytes: 0, storedObjects: 0 });
    });

    test('is not run again if its outcome is unknown, and announces no change', async () => {
      await insertTotals('unknown');
      const proxy = await startPostgresProxy(stores().url);
      const sql = new PgSql({ url: proxy.url, pool: 2, prepare: true });
      const announced: Change[] = [];
      const writes = new Writes(sql, ({ changes }) => announced.push(...changes));
      proxy.fail('COMMIT', 'answer lost');
      const work = writes.atomic(async (tx) => {
        await tx.run(add, ['unknown']);
        tx.changed('plans', 'pro');
      });
      await expect(work).rejects.toBeInstanceOf(OutcomeUnknown);
      expect([await total('unknown'), announced]).toEqual([1, []]);
      await sql.close();
      proxy.stop();
    });
  });

  describe('a commit', () => {
    test('announces the changes of its last attempt only, before the writer continues', async () => {
      const steps: unknown[] = [];
      const writes = new Writes(stores().sql, (committed) => steps.push(committed));
      let attempts = 0;
      await writes.atomic(async (tx) => {
        attempts += 1;
        const attempt = `attempt ${attempts}`;
        tx.changed('plans', attempt);
        tx.afterCommit(() => steps.push(attempt));
        if (attempts === 1) throw new Conflict();
      });
      steps.push('continues');
      const changes = [{ table: 'plans', key: 'attempt 2' }];
      expect(steps).toEqual(['attempt 2', expect.objectContaining({ changes }), 'continues']);
    });
  });

  describe('growth that a quota limits', () => {
    test('by 16 callers at once never exceeds it, and nothing of the others stays', async () => {
      await insertTotals('grown');
      const account = someAccount();
      await stores().accounts.insert(account);
      const results = await race(connections(), (each) =>
        writesOver(each).limited(async (tx) => {
          await tx.run(add, ['grown']);
          tx.books.book({ accountId: account.id, storedBytes: 30, storedObjects: 1 });
          tx.books.grow(account.id, 30, 1, { maxStoredBytes: 100, maxObjects: null });
          return 'stored';
        }),
      );
      expect(results.filter((result) => result === 'stored')).toHaveLength(3);
      expect(results.filter((result) => result === 'bytes_exceeded')).toHaveLength(13);
      expect(await stores().accounts.usage(account.id)).toMatchObject({ storedBytes: 90, storedObjects: 3 });
      expect(await total('grown')).toBe(3);
    });
  });
});
