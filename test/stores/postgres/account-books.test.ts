import { setDefaultTimeout } from 'bun:test';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { accountBooksContract } from '../../ports/account-books.contract.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { openerOf } from './open-postgres-stores.ts';

setDefaultTimeout(120_000);

const openStores = openerOf((stores) => ({
  ...stores,
  async valuesOf(query: string): Promise<unknown[]> {
    const rows = await stores.sql.read<{ value: unknown }>(unprepared(query));
    return rows.map(({ value }) => value);
  },
}));

await suiteWithPostgres('PostgreSQL', () => {
  accountBooksContract('the books of accounts', openStores, 6);
});
