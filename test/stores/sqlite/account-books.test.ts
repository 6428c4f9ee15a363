import { setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { accountBooksContract, keepsBooks, limits } from '../../ports/account-books.contract.ts';
import { steps } from '../../ports/account-books.steps.ts';
import { openerOf } from './open-sqlite-stores.ts';

setDefaultTimeout(120_000);

const numRuns = 30;
const openStores = openerOf((stores) => ({
  ...stores,
  valuesOf: async (query: string) => stores.connection.raw.prepare(query).pluck().all(),
}));

accountBooksContract('the books of accounts in SQLite', openStores, numRuns);

test('the books of accounts in SQLite are exact after concurrent steps in one transaction', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 3 }), (groups) =>
      keepsBooks(openStores, groups),
    ),
    limits(numRuns),
  );
});
