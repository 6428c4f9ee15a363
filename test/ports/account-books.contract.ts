import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { Inventory } from '../../src/core/ports/content/inventory.ts';
import { BooksSteps, quotas, type Step, steps } from './account-books.steps.ts';
import type { ObjectStoreUnderTest } from './object-store.contract.ts';
import { connect, type Open } from './opened.ts';
import { someAccount } from './some-object.ts';

export type AccountBooksStores = ObjectStoreUnderTest & {
  inventory: Inventory;
  /** The values of a query with one column, `value`. */
  valuesOf(query: string): Promise<unknown[]>;
};

const keysInRows = `SELECT blob_key AS value FROM objects WHERE blob_key IS NOT NULL
  UNION ALL SELECT blob_key FROM uploads WHERE blob_key IS NOT NULL
  UNION ALL SELECT blob_key FROM parts`;
const keysInJournal = 'SELECT key AS value FROM blob_journal';
const shownContent = `SELECT content_n FROM objects WHERE content_n IS NOT NULL
  UNION ALL SELECT content_n FROM uploads WHERE content_n IS NOT NULL`;
/** Content that no row refers to, and rows whose content is missing. */
const strayContent = `
  SELECT n AS value FROM contents
    WHERE (SELECT count(*) FROM (${shownContent}) AS shown WHERE content_n = n) <> 1
  UNION ALL SELECT content_n FROM (${shownContent}) AS shown WHERE content_n NOT IN (SELECT n FROM contents)`;

/**
 * The contract of the usage, parts, journal and meter that uploads and files change together.
 *
 * @param numRuns How often each property is checked, with a new database.
 */
export function accountBooksContract(name: string, open: Open<AccountBooksStores>, numRuns: number): void {
  describe(name, () => {
    test('are exact after every step, in any order', async () => {
      const one = steps.map((all) => all.map((step) => [step]));
      await fc.assert(
        fc.asyncProperty(one, (groups) => keepsBooks(open, groups)),
        limits(numRuns),
      );
    });

    test('are consistent after concurrent steps over two connections, each of which another one repeats', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 3 }), (all) =>
          staysConsistent(open, all.flatMap(groupsOf)),
        ),
        limits(numRuns),
      );
    });
  });
}

/** A failure takes more runs, to find a small example. */
export function limits(numRuns: number) {
  return { numRuns, interruptAfterTimeLimit: 60_000 };
}

/** Runs groups of steps, each group concurrently, and compares the stores with the model after each. */
export async function keepsBooks(open: Open<AccountBooksStores>, groups: Step[][]): Promise<void> {
  await using opened = await openedOnce(open, 1);
  const [stores] = opened.connections;
  const { accounts, all } = await newSteps(stores);
  for (const group of groups) {
    await all.prepare(stores, group);
    const outcomes = group.map((step) => {
      const { run, expected } = all.take(step);
      return { result: run(stores), expected };
    });
    const results = await Promise.all(outcomes.map(({ result }) => result));
    expect(results).toEqual(outcomes.map(({ expected }) => expected));
    const { books } = all;
    const [anonymous, named] = accounts;
    const shown = books.shown().map(({ key }) => key);
    expect(
      await Promise.all([
        stores.accounts.usage(anonymous.id),
        stores.accounts.usage(named.id),
        stores.meter.usage().then(({ blobBytes }) => blobBytes),
        stores.meter.anonymousBytes(),
        ...findings(stores),
        sortedValues(stores, keysInRows),
        sortedValues(stores, keysInJournal),
      ]),
    ).toEqual([
      books.usage(anonymous),
      books.usage(named),
      books.metered(),
      books.held(anonymous),
      ...[[], []],
      shown.toSorted(),
      [...books.journal.keys()].toSorted(),
    ]);
  }
}

/**
 * Runs each group concurrently, and each step twice, over two connections. The model only chooses the calls: their
 * order, and so their results, are unknown.
 */
async function staysConsistent(open: Open<AccountBooksStores>, groups: Step[][]): Promise<void> {
  await using opened = await openedOnce(open, 2);
  const { connections } = opened;
  const [stores] = connections;
  const { accounts, all } = await newSteps(stores);
  const keys: string[] = [];
  for (const group of groups) {
    keys.push(...(await all.prepare(stores, group)));
    const calls = group.flatMap((step) => {
      const { run, isOnce } = all.take(step);
      return isOnce ? [run(stores)] : connections.map((connection) => run(connection));
    });
    await Promise.all(calls);
    expect(await Promise.all(findings(stores))).toEqual([[], []]);
    const [known, { storedObjects, reservedObjects }] = await Promise.all([
      sortedValues(stores, `${keysInRows} UNION ALL ${keysInJournal}`),
      stores.accounts.usage(accounts[0].id),
    ]);
    // Each blob is in one row or in the journal.
    expect(known).toEqual([...new Set(known)]);
    expect(known).toEqual(expect.arrayContaining(keys));
    expect(storedObjects + reservedObjects).toBeLessThanOrEqual(quotas[0].maxObjects);
  }
}

/** A new database, which is closed at the end of the block. */
async function openedOnce(open: Open<AccountBooksStores>, connectionCount: number) {
  const opened = await open();
  const connections = await connect(async () => opened, connectionCount);
  return { connections, [Symbol.asyncDispose]: opened.close };
}

function findings({ inventory, valuesOf }: AccountBooksStores): Promise<unknown[]>[] {
  return [inventory.wrongUsage(), valuesOf(strayContent)];
}

async function sortedValues({ valuesOf }: AccountBooksStores, query: string): Promise<unknown[]> {
  return (await valuesOf(query)).toSorted();
}

async function newSteps(stores: AccountBooksStores) {
  const accounts: [NewAccount, NewAccount] = [someAccount(), someAccount({ name: 'acme' })];
  for (const account of accounts) await stores.accounts.insert(account);
  return { accounts, all: new BooksSteps(accounts) };
}

/** Concurrent steps at a time. */
const groupSize = 8;

function groupsOf(all: Step[]): Step[][] {
  const count = Math.ceil(all.length / groupSize);
  return Array.from({ length: count }, (_, index) => all.slice(index * groupSize, (index + 1) * groupSize));
}
