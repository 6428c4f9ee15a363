import { startFileServer } from '../file-server.ts';
import { bucketsContract } from './contract.ts';

// Content inline and in S3.
const onPostgres = { withPostgres: true, env: { INLINE_LIMIT: '16' } };

await bucketsContract('buckets on PostgreSQL', () => startFileServer(onPostgres), [
  'postgres',
  'versitygw',
  'redis-server',
]);
