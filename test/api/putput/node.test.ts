import { startFileServer } from '../file-server.ts';
import { putputContract } from './contract.ts';

await putputContract('PutPut on Node', () => startFileServer({ runtime: 'node' }), ['node']);
