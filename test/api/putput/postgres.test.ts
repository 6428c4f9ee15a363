import { startFileServer } from '../file-server.ts';
import { putputContract } from './contract.ts';

// Content inline and in S3.
const onPostgres = { withPostgres: true, env: { INLINE_LIMIT: '16' } };

await putputContract('PutPut on PostgreSQL', () => startFileServer(onPostgres), [
  'postgres',
  'versitygw',
  'redis-server',
]);
