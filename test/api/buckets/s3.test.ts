import { startFileServer } from '../file-server.ts';
import { bucketsContract } from './contract.ts';

const inS3 = { withS3: true, env: { INLINE_LIMIT: '16' } };

await bucketsContract('buckets on S3', () => startFileServer(inS3), ['versitygw']);
