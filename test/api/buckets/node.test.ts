import { startFileServer } from '../file-server.ts';
import { bucketsContract, conformance } from './contract.ts';

await bucketsContract('buckets on Node', () => startFileServer({ runtime: 'node' }), ['node'], conformance);
