import { startFileServer } from '../file-server.ts';
import { payloadContract } from './contract.ts';

// Content inline and in S3.
const onPostgres = { withPostgres: true, env: { INLINE_LIMIT: '1KiB' } };

await payloadContract('payloads on PostgreSQL', () => startFileServer(onPostgres), [
  'postgres',
  'versitygw',
  'redis-server',
]);
