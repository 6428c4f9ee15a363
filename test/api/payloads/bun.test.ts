import { startMayfly } from '../../support/mayfly-process.ts';
import { outOfReach, payloadContract } from './contract.ts';

await payloadContract('payloads on Bun', () => startMayfly({ env: outOfReach }));
