import { startFileServer } from '../file-server.ts';
import { uploadkitContract } from './contract.ts';

// All except the smallest content is in files, so that every rule is tested for files too.
await uploadkitContract('UploadKit on disk', () => startFileServer({ env: { INLINE_LIMIT: '2' } }));
