import { startFileServer } from '../file-server.ts';
import { uploadkitContract } from './contract.ts';

await uploadkitContract('UploadKit on Node', () => startFileServer({ runtime: 'node' }), ['node']);
