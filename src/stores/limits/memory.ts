import type { Clock } from '../../core/ports/clock.ts';
import type { RateLimiter, RateLimitVerdict } from '../../core/ports/limits/rate-limiter.ts';
import { type RateLimitSettings, verdictOf } from './settings.ts';

/** The maximum number of windows of one limit in each of its two generations. */
const defaultMaxWindows = 50_000;

type Window = { calls: number; resetAt: number };

/**
 * Counts calls in this process. A limiter with a timer for each key would hold every address of a day. Here, windows
 * are in two generations, and the older one is dropped as a whole once all of its windows have ended, or when there are
 * too many. A client with enough addresses to cause this gains no more than by having the addresses.
 */
export class MemoryRateLimiter implements RateLimiter {
  readonly #settings: RateLimitSettings;
  readonly #milliseconds: number;
  readonly #clock: Clock;
  readonly #maxWindows: number;
  #recent = new Map<string, Window>();
  #recentSince: number;
  #older = new Map<string, Window>();

  /** @param maxWindows The maximum number of windows in a generation. */
  constructor(settings: RateLimitSettings, clock: Clock, maxWindows = defaultMaxWindows) {
    this.#settings = settings;
    this.#milliseconds = settings.duration * 1000;
    this.#clock = clock;
    this.#maxWindows = maxWindows;
    this.#recentSince = clock();
  }

  async consume(key: string): Promise<RateLimitVerdict> {
    const window = this.#running(key) ?? this.#begin(key);
    window.calls += 1;
    return verdictOf(this.#settings, window.calls, window.resetAt);
  }

  look(key: string): RateLimitVerdict {
    const { calls, resetAt } = this.#running(key) ?? {
      calls: 0,
      resetAt: this.#clock() + this.#milliseconds,
    };
    return verdictOf(this.#settings, calls, resetAt);
  }

  /** The number of windows in memory. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /** The window of a key that has not ended. A clock that was set back must not prolong it. */
  #running(key: string): Window | undefined {
    const window = this.#recent.get(key) ?? this.#older.get(key);
    if (window === undefined) return undefined;
    const left = window.resetAt - this.#clock();
    return left > 0 && left <= this.#milliseconds ? window : undefined;
  }

  #begin(key: string): Window {
    const now = this.#clock();
    const age = now - this.#recentSince;
    if (age >= this.#milliseconds || age < 0 || this.#recent.size >= this.#maxWindows) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#recentSince = now;
    }
    const window = { calls: 0, resetAt: now + this.#milliseconds };
    this.#recent.set(key, window);
    return window;
  }
}
