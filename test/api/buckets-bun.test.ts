import { bucketsContract } from './buckets/suite.ts';
import { startFileServer } from './file-server.ts';

await bucketsContract('buckets on Bun', () => startFileServer());
