import { startFileServer } from '../file-server.ts';
import { putputContract } from './contract.ts';

// All except the smallest content is in files, so that every rule is tested for files too.
await putputContract('PutPut on disk', () => startFileServer({ env: { INLINE_LIMIT: '2' } }));
