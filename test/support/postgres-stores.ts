import { randomBytes } from 'node:crypto';
import { sharedPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { type S3Server, startS3 } from './s3.ts';

export type PostgresStores = {
  /** The settings of a Mayfly that uses them. */
  env: Record<string, string>;
  s3: S3Server;
  stop(): Promise<void>;
};

/** An empty PostgreSQL database, with a separate S3 and Redis server: the stores of any number of nodes. */
export async function startPostgresStores(start = sharedPostgres): Promise<PostgresStores> {
  const [postgres, s3, redis] = await Promise.all([start(), startS3(), startRedis()]);
  const url = await postgres.createDatabase();
  return {
    env: { ...s3.env, DATABASE_URL: url, REDIS_URL: redis.url, SECRET: randomBytes(32).toString('hex') },
    s3,
    async stop() {
      await Promise.all([s3.stop(), redis.stop(), postgres.dropDatabase(url)]);
    },
  };
}
