import { startFileServer } from '../file-server.ts';
import { putputContract } from './contract.ts';

await putputContract('PutPut on S3', () => startFileServer({ withS3: true }), ['versitygw']);
