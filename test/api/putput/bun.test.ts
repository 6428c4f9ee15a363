import { startFileServer } from '../file-server.ts';
import { putputContract, uploadFlows } from './contract.ts';

// Here small content is in the database. On disk, the whole contract runs.
await putputContract('PutPut on Bun', () => startFileServer(), [], uploadFlows);
