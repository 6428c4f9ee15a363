import { startFileServer } from '../file-server.ts';
import { uploadFlows, uploadkitContract } from './contract.ts';

// Here small content is in the database. On disk, the whole contract runs.
await uploadkitContract('UploadKit on Bun', () => startFileServer(), [], uploadFlows);
