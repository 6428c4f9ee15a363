import { startFileServer } from '../file-server.ts';
import { bucketsContract, conformance, objectFlows } from './contract.ts';

const onDeno = { runtime: 'deno' } as const;

await bucketsContract('buckets on Deno', () => startFileServer(onDeno), ['deno'], conformance);
await bucketsContract(
  'buckets on Deno and S3',
  () => startFileServer({ ...onDeno, withS3: true, env: { INLINE_LIMIT: '16' } }),
  ['deno', 'versitygw'],
  objectFlows,
);
