import { startFileServer } from '../file-server.ts';
import { bucketsContract, objectFlows } from './contract.ts';

// Here small content is in the database. On disk, the whole contract runs.
await bucketsContract('buckets on Bun', () => startFileServer(), [], objectFlows);
