import { startFileServer } from '../file-server.ts';
import { bucketsContract } from './contract.ts';

// All content except the smallest is in files, so that the tests cover them.
await bucketsContract('buckets on disk', () => startFileServer({ env: { INLINE_LIMIT: '2' } }));
