import { describe, expect, test } from 'bun:test';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { openedForSuite } from '../../ports/opened.ts';
import { MixedWriter, WriteMix } from './mixed-writes.ts';
import { openPostgresStores, type TemporaryStores } from './open-postgres-stores.ts';

const callers = 16;
const steps = 50;

const kill = unprepared(
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
   WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.3`,
);

/** Ends processes of the server again and again, until the returned function is called. */
function killBackends({ sql }: TemporaryStores): () => Promise<void> {
  let isOver = false;
  const kills = (async () => {
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, 100 * Math.random()));
      await sql.read(kill).catch(() => undefined);
    }
  })();
  return async () => {
    isOver = true;
    await kills;
  };
}

describe('a mix of writes by 16 callers of two nodes, while the clock moves on', () => {
  const stores = openedForSuite(openPostgresStores, 2);

  test.each([
    ['', false],
    [' although the processes of their connections are ended', true],
  ])('keeps exact books, and no row shows a blob that a sweep removes%s', async (_, isKilling) => {
    const mix = new WriteMix();
    const [first] = stores();
    for (const account of mix.accounts) await first.accounts.insert(account);
    const stopKilling = isKilling ? killBackends(first) : undefined;
    await Promise.all(
      Array.from({ length: callers }, (_, caller) =>
        new MixedWriter(mix, stores()[caller % 2] ?? first).run(steps),
      ),
    );
    await stopKilling?.();
    expect(mix.wrong).toEqual([]);
    expect(await first.inventory.wrongUsage()).toEqual([]);
    expect(await first.inventory.wrongParts()).toEqual([]);
    const shown: string[] = [];
    for await (const { key } of first.inventory.shownBlobs()) shown.push(key);
    expect(new Set(shown).size).toBe(shown.length);
    const journaled = await first.journal.known([...mix.reserved]);
    const isDoomed = (key: string) => journaled.has(key) || mix.removed.has(key);
    expect(shown.filter(isDoomed)).toEqual([]);
    expect([...mix.reserved].filter((key) => !isDoomed(key) && !shown.includes(key))).toEqual([]);
  });
});
