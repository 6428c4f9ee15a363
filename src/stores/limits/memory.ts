import type { Clock } from '../../core/ports/clock.ts';
import type { RateLimiter, RateLimitVerdict } from '../../core/ports/rate-limiter.ts';
import { type RateLimitSettings, verdictOf } from './settings.ts';

/** How many windows one limit remembers in each of its two generations. */
const rememberedWindows = 50_000;

type Window = { calls: number; resetAt: number };

/**
 * Counts calls in this process. A limiter with a timer for each key would hold every address of a day: here
 * windows live in two generations, and the older is dropped whole once all in it have ended, or when there are
 * too many. Whoever has so many addresses that theirs are forgotten early gains no more than by the addresses.
 */
export class MemoryRateLimiter implements RateLimiter {
  readonly #settings: RateLimitSettings;
  readonly #milliseconds: number;
  readonly #clock: Clock;
  readonly #remembered: number;
  #recent = new Map<string, Window>();
  #recentSince: number;
  #older = new Map<string, Window>();

  /** @param remembered How many windows may be in a generation. */
  constructor(settings: RateLimitSettings, clock: Clock, remembered = rememberedWindows) {
    this.#settings = settings;
    this.#milliseconds = settings.duration * 1000;
    this.#clock = clock;
    this.#remembered = remembered;
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

  /** How many windows are held. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /** A clock that was set back must not prolong a window. */
  #running(key: string): Window | undefined {
    const window = this.#recent.get(key) ?? this.#older.get(key);
    if (window === undefined) return undefined;
    const left = window.resetAt - this.#clock();
    return left > 0 && left <= this.#milliseconds ? window : undefined;
  }

  #begin(key: string): Window {
    const now = this.#clock();
    const age = now - this.#recentSince;
    if (age >= this.#milliseconds || age < 0 || this.#recent.size >= this.#remembered) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#recentSince = now;
    }
    const window = { calls: 0, resetAt: now + this.#milliseconds };
    this.#recent.set(key, window);
    return window;
  }
}
