import { startFileServer } from '../file-server.ts';
import { uploadFlows, uploadkitContract } from './contract.ts';

const onDeno = { runtime: 'deno' } as const;

await uploadkitContract('UploadKit on Deno', () => startFileServer(onDeno), ['deno']);
await uploadkitContract(
  'UploadKit on Deno and S3',
  () => startFileServer({ ...onDeno, withS3: true }),
  ['deno', 'versitygw'],
  uploadFlows,
);
