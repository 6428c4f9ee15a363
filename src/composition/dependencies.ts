import type { Config } from '../config/index.ts';
import type { Plans } from '../core/accounts/plans.ts';
import type { Placement } from '../core/content/placement.ts';
import type { Idempotency } from '../core/idempotency.ts';
import type { BlobStore } from '../core/ports/blob-store.ts';
import type { Clock, Timers } from '../core/ports/clock.ts';
import type { Stores } from '../core/ports/stores.ts';
import type { Log } from '../observe/log.ts';
import type { SystemNames } from '../stores/names/system-names.ts';
import type { Budgets } from './budgets.ts';

/** What the services of every API are built on. */
export type Dependencies = {
  config: Config;
  secret: string;
  budgets: Budgets;
  stores: Stores;
  names: SystemNames;
  blobs: BlobStore;
  placement: Placement;
  idempotency: Idempotency;
  plans: Plans;
  clock: Clock;
  timers: Timers;
  log: Log;
};
