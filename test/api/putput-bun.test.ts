import { startFileServer } from './file-server.ts';
import { putputContract } from './putput/contract.ts';

await putputContract('PutPut on Bun', () => startFileServer());
