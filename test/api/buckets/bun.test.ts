import { startFileServer } from '../file-server.ts';
import { bucketsContract, conformance } from './contract.ts';

// Here small content is in the database, and a cached read is answered without a promise: headers, refusals and errors
// take this path too. On disk, the whole contract runs.
await bucketsContract('buckets on Bun', () => startFileServer(), [], conformance);
