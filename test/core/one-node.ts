import { Idempotency } from '../../src/core/idempotency.ts';
import type { Clock, Timers } from '../../src/core/ports/clock.ts';
import type { IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import { Retries } from '../../src/core/retries.ts';
import { Staleness } from '../../src/core/staleness.ts';
import { noTimers } from './soon-timers.ts';

/** The staleness of a database that one node uses: there is none. */
export const oneNode = new Staleness(undefined, noTimers);

/** Idempotent requests over a store. */
export function idempotencyOn(
  store: IdempotencyStore,
  { clock, timers }: { clock: Clock; timers: Timers },
  staleness = oneNode,
): Idempotency {
  return new Idempotency({ store, clock, timers, staleness, retries: new Retries(timers) });
}
