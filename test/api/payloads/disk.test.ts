import { startMayfly } from '../../support/mayfly-process.ts';
import { outOfReach, payloadContract } from './contract.ts';

// All but the smallest content goes to files, so that every rule is seen to hold there too.
await payloadContract('payloads on disk', () => startMayfly({ env: { ...outOfReach, INLINE_LIMIT: '2' } }));
