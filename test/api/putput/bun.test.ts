import { startFileServer } from '../file-server.ts';
import { attributes } from './contract/attributes.ts';
import { putputContract, uploadFlows } from './contract.ts';

// Here small content is in the database, that of private files too. On disk, the whole contract runs.
await putputContract('PutPut on Bun', () => startFileServer(), [], [...uploadFlows, attributes]);
