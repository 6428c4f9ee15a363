import { bucketsContract } from './buckets/contract.ts';
import { startFileServer } from './file-server.ts';

await bucketsContract('buckets on Bun', () => startFileServer());
