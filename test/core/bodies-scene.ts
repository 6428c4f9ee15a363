import { Bodies } from '../../src/core/bodies/bodies.ts';
import { BodyMemory } from '../../src/core/bodies/body-memory.ts';
import type { BodyOrigin } from '../../src/core/bodies/open-body.ts';
import { ProcessBudget } from '../../src/stores/budgets/process-budget.ts';
import { SettableTime } from './settable-time.ts';

export const KiB = 1024;
export const MiB = 1024 * 1024;

/** Bodies with small budgets, and a clock that the test sets. */
export function scene() {
  const time = new SettableTime();
  const large = new ProcessBudget({ total: 8 * MiB, share: 4 * MiB });
  const small = new ProcessBudget({ total: 256 * KiB, share: 64 * KiB });
  const uploadsOfClients = new ProcessBudget({ total: Number.POSITIVE_INFINITY, share: 2 });
  const uploadsOfAccounts = new ProcessBudget({ total: Number.POSITIVE_INFINITY, share: 3 });
  const bodies = new Bodies(
    { memory: new BodyMemory(large, small), uploadsOfClients, uploadsOfAccounts, clock: time.clock },
    time.timers,
  );
  const idle: string[] = [];
  const open = (origin: Partial<BodyOrigin> = {}) =>
    bodies.open({
      client: '192.0.2.1',
      account: undefined,
      isUpload: false,
      length: 20 * MiB,
      mayPause: false,
      suspendIdleLimit: () => idle.push('suspended'),
      resumeIdleLimit: () => idle.push('resumed'),
      ...origin,
    });
  /** A body with this number of bytes in memory, which took this number of milliseconds. */
  async function holding(bytes: number, milliseconds: number, origin: Partial<BodyOrigin> = {}) {
    const body = open(origin);
    const ended = body.wait(new Promise<never>(() => undefined));
    ended.catch(() => undefined);
    time.now += milliseconds;
    body.arrived(bytes);
    await body.hold(bytes);
    const next = body.wait(new Promise<never>(() => undefined));
    next.catch(() => undefined);
    return { body, next };
  }
  return { time, bodies, large, small, uploadsOfClients, uploadsOfAccounts, open, holding, idle };
}

export const silence = () => new Promise<never>(() => undefined);
