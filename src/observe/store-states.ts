import { type Probe, Unhealthy } from '../core/ports/probe.ts';
import type { Logger } from './log.ts';
import { reasonOf } from './reason.ts';

/** The names of the stores in log messages, and the consequence of a failure. */
const texts: Record<string, { label: string; consequence: string }> = {
  redis: { label: 'Redis', consequence: 'rate limits are counted in the process' },
  blobs: { label: 'The blob store', consequence: 'reads and writes of blobs get 503' },
  database: { label: 'The database', consequence: 'requests get 503' },
  clock: { label: 'The clock', consequence: 'the server is not ready' },
  schema: { label: 'The schema', consequence: 'the server stops' },
  changes: {
    label: 'The subscription to changes',
    consequence: 'changes of other nodes take effect within CACHE_SECONDS',
  },
  watermark: { label: 'The watermark', consequence: 'a restore of the database goes unnoticed' },
  standby: {
    label: 'The synchronous standby',
    consequence: 'writes wait for it, or the loss of the primary would lose them',
  },
  disk: { label: 'The disk', consequence: 'new content gets 507' },
};

/** Logs when a store fails, when the reason changes, and when the store recovers. */
export class StoreStates {
  readonly #log: Logger;
  readonly #codes = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Wraps a probe, so that each of its results is recorded. */
  watched(probe: Probe): Probe {
    return {
      ...probe,
      ping: async () => {
        try {
          await probe.ping();
          this.answered(probe);
        } catch (error) {
          this.failed(probe, error);
          throw error;
        }
      },
    };
  }

  failed(probe: Pick<Probe, 'name' | 'where' | 'dispensable'>, error: unknown): void {
    const { name, where, dispensable } = probe;
    const { code, reason } = reasonOf(error);
    const before = this.#codes.get(name);
    if (before === code) return;
    this.#codes.set(name, code);
    const { label, consequence } = textsFor(name);
    const state = error instanceof Unhealthy ? error.state : 'away';
    const message =
      before === undefined ? `${label} is ${state}: ${consequence}` : `${label} fails for another reason`;
    const fields = { event: 'store_failed', store: name, state, host: where, code, reason };
    this.#log[dispensable ? 'warn' : 'error'](fields, message);
  }

  answered({ name, where }: Pick<Probe, 'name' | 'where'>): void {
    if (!this.#codes.delete(name)) return;
    this.#log.info({ event: 'store_recovered', store: name, host: where }, `${textsFor(name).label} is back`);
  }
}

function textsFor(name: string): { label: string; consequence: string } {
  return texts[name] ?? { label: name, consequence: 'requests may fail' };
}
