/** Limits of the accounts of a plan; null for no limit. */
export type Plan = {
  name: string;
  /** Bytes of all objects together, reserved ones included. */
  maxStoredBytes: number | null;
  maxObjectBytes: number | null;
  maxObjects: number | null;
  /** How long an account lives, with all that it holds (ms). */
  lifetime: number | null;
};

/** Plans that the operator set; the built-in ones are the core's. */
export interface PlanStore {
  find(name: string): Promise<Plan | undefined>;
  list(): Promise<Plan[]>;
  set(plan: Plan): Promise<void>;
}
