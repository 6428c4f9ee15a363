import { MemoryRateLimiter } from '../../../src/stores/limits/memory.ts';
import { rateLimiterContract } from './rate-limiter.contract.ts';

rateLimiterContract('limits in the process', (settings) => new MemoryRateLimiter(settings, Date.now));
