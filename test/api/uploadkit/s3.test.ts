import { startFileServer } from '../file-server.ts';
import { uploadkitContract } from './contract.ts';

await uploadkitContract('UploadKit on S3', () => startFileServer({ withS3: true }), ['versitygw']);
