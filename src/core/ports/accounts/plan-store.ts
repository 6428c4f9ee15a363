import type { MaybePromise } from '../maybe-promise.ts';

/** Limits of the accounts of a plan; null for no limit. */
export type Plan = {
  name: string;
  /** The total bytes of all content, including reserved bytes. */
  maxStoredBytes: number | null;
  maxObjectBytes: number | null;
  maxObjects: number | null;
  /** The lifetime of an account and its content (ms). */
  lifetime: number | null;
};

/** Plans that the operator set. The core has the default plans. */
export interface PlanStore {
  find(name: string): MaybePromise<Plan | undefined>;
  list(): Promise<Plan[]>;
  set(plan: Plan): Promise<void>;
}
