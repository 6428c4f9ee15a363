import { startFileServer } from '../file-server.ts';
import { putputContract, uploadFlows } from './contract.ts';

const onDeno = { runtime: 'deno' } as const;

await putputContract('PutPut on Deno', () => startFileServer(onDeno), ['deno']);
await putputContract(
  'PutPut on Deno and S3',
  () => startFileServer({ ...onDeno, withS3: true }),
  ['deno', 'versitygw'],
  uploadFlows,
);
