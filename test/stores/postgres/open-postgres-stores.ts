import { PgSql } from '../../../src/stores/postgres/database/driver.ts';
import { migrateDatabase } from '../../../src/stores/postgres/database/migrations.ts';
import { createPostgresStores } from '../../../src/stores/postgres/index.ts';
import type { Open } from '../../ports/opened.ts';
import { type PostgresServer, sharedPostgres } from '../../support/postgres.ts';

export type TemporaryStores = ReturnType<typeof openStores>;

/** The connections of one opening. */
const pool = 8;

function openStores(url: string, releaseGrace = 0) {
  const sql = new PgSql({ url, pool, prepare: true });
  const entered = { times: 0 };
  const onEntered = () => {
    entered.times += 1;
  };
  return { ...createPostgresStores(sql, { onEntered }, { releaseGrace }), sql, url, entered };
}

const templates = new WeakMap<PostgresServer, Promise<string>>();

/** Creates a migrated database without rows, as a copy of one: that is several times faster than to migrate it. */
export async function migratedDatabase(server: PostgresServer): Promise<string> {
  let template = templates.get(server);
  if (template === undefined) {
    template = migratedTemplate(server);
    templates.set(server, template);
  }
  return server.createDatabase(await template);
}

async function migratedTemplate(server: PostgresServer): Promise<string> {
  const url = await server.createDatabase();
  await migrateDatabase(url);
  return url;
}

/**
 * Opens the PostgreSQL stores over an empty database, and adds the result of `extend` to each opening. Each further
 * opening is like another process.
 */
export function openerOf<Stores>(
  extend: (stores: TemporaryStores) => Stores,
  start: () => Promise<PostgresServer> = sharedPostgres,
  releaseGrace = 0,
): Open<Stores> {
  return async () => {
    const server = await start();
    const url = await migratedDatabase(server);
    const first = openStores(url, releaseGrace);
    const all = [first];
    return {
      stores: extend(first),
      async openAgain() {
        const again = openStores(url, releaseGrace);
        all.push(again);
        return extend(again);
      },
      async close() {
        await Promise.all(all.map((each) => each.close()));
        await server.dropDatabase(url);
      },
    };
  };
}

export const openPostgresStores: Open<TemporaryStores> = openerOf((stores) => stores);
