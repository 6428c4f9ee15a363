import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import type { Lifetime } from '../lifetime.ts';
import { proveRoundTrip } from '../payloads.ts';
import { type PostgresServer, startPostgres } from '../postgres/server.ts';
import type { Run } from '../run.ts';
import { farFromNow, type Server, startMayfly } from '../servers.ts';
import { startSharedStores } from '../shared-stores.ts';

/** Two nodes on one database: one with caches, as shipped, and one without. None of them sweeps. */
export type Scene = {
  database: PostgresServer;
  node: Server;
  cachedNode: Server;
  settings: Record<string, string>;
  /** One line for each request to S3. */
  accessLog: string;
};

export async function startScene(run: Run, lifetime: Lifetime): Promise<Scene> {
  const database = await startPostgres(lifetime);
  const accessLog = join(makeScratchFolder(lifetime), 'access.log');
  const settings = {
    ...(await startSharedStores(lifetime, accessLog)),
    DATABASE_URL: database.url,
    SWEEP_CRON: farFromNow(),
    // Requests can come from many addresses.
    TRUSTED_PROXIES: '127.0.0.1',
    MAX_UPLOADS_PER_CLIENT: '0',
  };
  const node = await startMayfly(lifetime, 'node', { ...settings, CACHE_SECONDS: '0' });
  const cachedNode = await startMayfly(lifetime, 'node with caches', settings);
  for (const server of [node, cachedNode]) await proveRoundTrip(server, run.scale.contentSize);
  return { database, node, cachedNode, settings, accessLog };
}
