import { startFileServer } from '../file-server.ts';
import { uploadkitContract } from './contract.ts';

// Content inline and in S3.
const onPostgres = { withPostgres: true, env: { INLINE_LIMIT: '16' } };

await uploadkitContract('UploadKit on PostgreSQL', () => startFileServer(onPostgres), [
  'postgres',
  'versitygw',
  'redis-server',
]);
