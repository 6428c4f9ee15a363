import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Clock } from '../../core/ports/clock.ts';
import type { RateLimiter, RateLimitVerdict } from '../../core/ports/rate-limiter.ts';
import { consume, type RateLimitSettings, verdictOf } from './settings.ts';

/** Counts calls in this process. */
export class MemoryRateLimiter implements RateLimiter {
  readonly #settings: RateLimitSettings;
  readonly #limiter: RateLimiterMemory;
  readonly #clock: Clock;

  constructor(settings: RateLimitSettings, clock: Clock) {
    this.#settings = settings;
    this.#limiter = new RateLimiterMemory(settings);
    this.#clock = clock;
  }

  async consume(key: string): Promise<RateLimitVerdict> {
    const state = await consume(this.#limiter, key, 1);
    return verdictOf(this.#settings, state.consumedPoints, this.#clock() + state.msBeforeNext);
  }
}
