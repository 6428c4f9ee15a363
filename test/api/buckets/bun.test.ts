import { startFileServer } from '../file-server.ts';
import { batchDelete } from './contract/batch-delete.ts';
import { keysOfObjects } from './contract/keys-of-objects.ts';
import { metadata } from './contract/metadata.ts';
import { tenants } from './contract/tenants.ts';
import { bucketsContract, objectFlows } from './contract.ts';

// Here small content is in the database, and a cached read is answered without a promise: headers, refusals and errors
// take this path too. On disk, the whole contract runs.
await bucketsContract(
  'buckets on Bun',
  () => startFileServer(),
  [],
  [...objectFlows, ...[metadata, batchDelete, keysOfObjects, tenants]],
);
