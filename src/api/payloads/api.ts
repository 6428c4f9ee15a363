import type { Payloads } from '../../core/payloads.ts';
import type { Clock } from '../../core/ports/clock.ts';

/** What the payload API needs to answer. */
export type PayloadApi = {
  payloads: Payloads;
  clock: Clock;
  /** What links begin with, without a trailing slash. */
  publicUrl: string;
};
