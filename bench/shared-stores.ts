import type { Lifetime } from './lifetime.ts';
import type { Environment } from './processes.ts';
import { startRedis } from './redis-server.ts';
import { startS3 } from './s3-server.ts';

/** Starts what nodes on PostgreSQL share beside it: S3 and Redis. @returns The settings for both, and a secret */
export async function startSharedStores(lifetime: Lifetime, accessLog?: string): Promise<Environment> {
  return {
    ...(await startS3(lifetime, accessLog)),
    REDIS_URL: await startRedis(lifetime),
    SECRET: 'a secret of the benchmark',
  };
}
