import { startFileServer } from '../file-server.ts';
import { putputContract } from './contract.ts';

// All but the smallest content goes to files, so that every rule is seen to hold there too.
await putputContract('PutPut on disk', () => startFileServer({ env: { INLINE_LIMIT: '2' } }));
