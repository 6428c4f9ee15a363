import { startMayfly } from '../../support/mayfly-process.ts';
import { outOfReach, payloadContract } from './contract.ts';

// All except the smallest content is in files, so that every rule is tested for files too.
await payloadContract('payloads on disk', () => startMayfly({ env: { ...outOfReach, INLINE_LIMIT: '2' } }));
