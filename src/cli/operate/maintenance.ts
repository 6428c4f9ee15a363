import type { Config } from '../../config/index.ts';
import { migrateDatabase } from '../../services/stores.ts';
import type { Services } from '../../services.ts';
import { reportingNewDatabase } from './run.ts';

/** Brings the database up to date. Serving does so by itself; this is for doing it before. */
export async function migrate(config: Config): Promise<number> {
  await reportingNewDatabase(config, () => migrateDatabase(config));
  console.log('The database is up to date.');
  return 0;
}

/** Sweeps once, beside a running server or without one, and prints what it did as JSON. */
export async function sweep({ sweeper }: Services): Promise<number> {
  const report = await sweeper.run();
  console.log(JSON.stringify(report));
  return report.failures === 0 ? 0 : 1;
}
