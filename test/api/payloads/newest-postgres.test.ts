import { startNewestPostgres } from '../../support/newest-postgres.ts';
import { startFileServer } from '../file-server.ts';
import { payloadContract } from './contract.ts';

const onNewest = { withPostgres: startNewestPostgres, env: { INLINE_LIMIT: '1KiB' } };

await payloadContract('payloads on the newest PostgreSQL', () => startFileServer(onNewest), [
  'newest-postgres',
  'versitygw',
  'redis-server',
]);
