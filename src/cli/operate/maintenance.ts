import type { Services } from '../../composition/index.ts';
import { migrateDatabase } from '../../composition/stores.ts';
import type { Config } from '../../config/index.ts';
import { reportNewDatabase } from './run.ts';

/**
 * Migrates the database, and sets what Mayfly needs on the role of a database server. `serve` migrates a file and an empty
 * database too.
 */
export async function migrate(config: Config): Promise<number> {
  if (await migrateDatabase(config)) reportNewDatabase(config);
  console.log('The database is up to date.');
  return 0;
}

/** Sweeps once, with or without a running server, and prints the report as JSON. */
export async function sweep({ sweeper }: Services): Promise<number> {
  const report = await sweeper.run();
  console.log(JSON.stringify(report));
  return report.failures === 0 ? 0 : 1;
}
