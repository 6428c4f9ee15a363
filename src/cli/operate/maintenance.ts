import type { Services } from '../../composition/index.ts';
import { migrateDatabase } from '../../composition/stores.ts';
import type { Config } from '../../config/index.ts';
import { reportingNewDatabase } from './run.ts';

/** Migrates the database. `serve` does so too; this command lets an operator do it beforehand. */
export async function migrate(config: Config): Promise<number> {
  await reportingNewDatabase(config, () => migrateDatabase(config));
  console.log('The database is up to date.');
  return 0;
}

/** Sweeps once, with or without a running server, and prints the report as JSON. */
export async function sweep({ sweeper }: Services): Promise<number> {
  const report = await sweeper.run();
  console.log(JSON.stringify(report));
  return report.failures === 0 ? 0 : 1;
}
