import { startFileServer } from '../file-server.ts';
import { batchDelete } from './contract/batch-delete.ts';
import { bucketsContract, objectFlows } from './contract.ts';

const inS3 = { withS3: true, env: { INLINE_LIMIT: '16' } };

// What reads, writes and removes content: the whole contract runs on PostgreSQL with S3, and on SQLite with a disk.
await bucketsContract(
  'buckets on S3',
  () => startFileServer(inS3),
  ['versitygw'],
  [...objectFlows, batchDelete],
);
