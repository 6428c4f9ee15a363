import { startFileServer } from '../file-server.ts';
import { bucketsContract } from './contract.ts';

// All but the smallest content goes to files, so that every rule is seen to hold there too.
await bucketsContract('buckets on disk', () => startFileServer({ env: { INLINE_LIMIT: '2' } }));
