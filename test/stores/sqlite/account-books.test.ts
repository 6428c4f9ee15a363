import { expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import type { NewAccount } from '../../../src/core/ports/accounts/account-store.ts';
import { someAccount } from '../../ports/some-object.ts';
import { BothBooks, type Step, steps } from './account-books.steps.ts';
import { openTemporaryStores, type TemporaryStores } from './temporary-stores.ts';

setDefaultTimeout(120_000);

/** Every blob key in rows, each as many times as it occurs. */
function keysInRows({ connection }: TemporaryStores): string[] {
  return connection.raw
    .prepare<[], string>(
      `SELECT blob_key FROM objects WHERE blob_key IS NOT NULL
        UNION ALL SELECT blob_key FROM uploads WHERE blob_key IS NOT NULL
        UNION ALL SELECT blob_key FROM parts`,
    )
    .pluck()
    .all()
    .toSorted();
}

function keysInJournal({ connection }: TemporaryStores): string[] {
  return connection.raw.prepare<[], string>('SELECT key FROM blob_journal').pluck().all().toSorted();
}

/** Content that no row refers to, and rows whose content is missing. */
function strayContent({ connection }: TemporaryStores): unknown[] {
  const shown = `SELECT content_n FROM objects WHERE content_n IS NOT NULL
    UNION ALL SELECT content_n FROM uploads WHERE content_n IS NOT NULL`;
  return connection.raw
    .prepare(
      `SELECT n FROM contents WHERE (SELECT count(*) FROM (${shown}) WHERE content_n = n) <> 1
        UNION ALL SELECT content_n FROM (${shown}) WHERE content_n NOT IN (SELECT n FROM contents)`,
    )
    .all();
}

/** Runs groups of steps, each group concurrently, and compares the stores with the model after each. */
async function keepsBooks(groups: Step[][]): Promise<void> {
  const stores = openTemporaryStores();
  // The first is anonymous, the second is the operator's.
  const accounts = [someAccount(), someAccount({ name: 'acme' })];
  for (const account of accounts) await stores.accounts.insert(account);
  const both = new BothBooks(stores, accounts);
  for (const group of groups) {
    const outcomes = group.map((step) => both.begin(step));
    const said = await Promise.all(outcomes.map(({ asked }) => asked));
    expect(said).toEqual(outcomes.map(({ expected }) => expected));
    const { books } = both;
    for (const account of accounts)
      expect(await stores.accounts.usage(account.id)).toEqual(books.usage(account));
    const shown = books.shown();
    expect((await stores.meter.usage()).blobBytes).toBe(books.metered());
    expect(await stores.meter.anonymousBytes()).toBe(books.held(accounts[0] as NewAccount));
    expect(await stores.inventory.wrongUsage()).toEqual([]);
    expect(keysInRows(stores)).toEqual(shown.map(({ key }) => key).toSorted());
    expect(strayContent(stores)).toEqual([]);
    expect(keysInJournal(stores)).toEqual([...books.journal.keys()].toSorted());
  }
  await stores.close();
}

test('usage, parts, the journal and the meter are exact after every step, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(steps, (all) => keepsBooks(all.map((step) => [step]))),
    { numRuns: 30, interruptAfterTimeLimit: 30_000 },
  );
});

test('and after concurrent steps in one transaction', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 3 }), (groups) => keepsBooks(groups)),
    { numRuns: 30, interruptAfterTimeLimit: 30_000 },
  );
});
