import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../../core/ports/clock.ts';
import type { RateLimiter, RateLimitVerdict } from '../../core/ports/rate-limiter.ts';
import { type RateLimitSettings, verdictOf } from './settings.ts';

/** Counts calls in this process. */
export class MemoryRateLimiter implements RateLimiter {
  readonly #settings: RateLimitSettings;
  readonly #limiter: RateLimiterMemory;
  readonly #clock: Clock;

  constructor(settings: RateLimitSettings, clock: Clock) {
    this.#settings = settings;
    this.#limiter = new RateLimiterMemory({ ...settings, keyPrefix: '' });
    this.#clock = clock;
  }

  async consume(key: string): Promise<RateLimitVerdict> {
    try {
      return this.#verdict(await this.#limiter.consume(key));
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return this.#verdict(refused);
      throw refused;
    }
  }

  #verdict({ consumedPoints, msBeforeNext }: RateLimiterRes): RateLimitVerdict {
    return verdictOf(this.#settings, consumedPoints, this.#clock() + msBeforeNext);
  }
}
