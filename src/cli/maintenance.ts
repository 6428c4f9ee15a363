import type { Config } from '../config/index.ts';
import { createLog } from '../observe/log.ts';
import { createServices, databaseFile } from '../services.ts';
import { openConnection } from '../stores/sqlite/connection.ts';

/** Brings the database up to date. Serving does so by itself; this is for doing it before. */
export function migrate(config: Config): number {
  openConnection(databaseFile(config)).raw.close();
  console.log('The database is up to date.');
  return 0;
}

/** Sweeps once, beside a running server or without one, and prints what it did as JSON. */
export async function sweep(config: Config): Promise<number> {
  const log = createLog(config.logLevel);
  const services = await createServices(config, log);
  try {
    const report = await services.sweeper.run();
    console.log(JSON.stringify(report));
    return report.failures === 0 ? 0 : 1;
  } finally {
    await services.close();
    log.flush();
  }
}
