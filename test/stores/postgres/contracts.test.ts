import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';
import { postgresContracts } from './contracts.ts';

await suiteWithPostgres('PostgreSQL', () => postgresContracts(sharedPostgres));
