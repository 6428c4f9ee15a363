import { Plans } from '../../src/core/accounts/plans.ts';
import type { Placement } from '../../src/core/content/placement.ts';
import { Payloads } from '../../src/core/payloads/payloads.ts';
import type { PlanStore } from '../../src/core/ports/accounts/plan-store.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { PayloadStore } from '../../src/core/ports/payload-store.ts';

const hour = 3_600_000;

/** Payloads of up to a megabyte that last an hour by default and a day at most. */
export function payloadsOver(
  stores: { payloads: PayloadStore; plans: PlanStore },
  placement: Placement,
  clock: Clock,
): Payloads {
  const limits = {
    ...{ defaultTtl: hour, maxTtl: 24 * hour },
    ...{ maxPayloadSize: 1_000_000, maxAnonymousSize: 1_000_000 },
  };
  return new Payloads({ limits, store: stores.payloads, placement, plans: new Plans(stores.plans), clock });
}
