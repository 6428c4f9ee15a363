import { startMayfly } from '../../support/mayfly-process.ts';
import { outOfReach, payloadContract } from './contract.ts';

await payloadContract('payloads on Node', () => startMayfly({ runtime: 'node', env: outOfReach }), ['node']);
