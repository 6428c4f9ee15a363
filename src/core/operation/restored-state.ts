import type { Clock, Timers } from '../ports/clock.ts';
import type { WatermarkStore } from '../ports/content/watermark-store.ts';
import type { DeploymentStore } from '../ports/deployment-store.ts';
import { Unhealthy } from '../ports/probe.ts';

/** The interval of checks, and the age at which the watermark is raised (ms). */
const checkInterval = 5000;
const raiseInterval = 10_000;

/** After this time (ms), every server has noticed the state, and has answered most requests that it had before. */
export const noticedAfter = 2 * checkInterval;

type RestoredStateDeps = {
  deployment: DeploymentStore;
  watermark: WatermarkStore;
  /** The clock of the database. */
  clock: Clock;
  /** Calls `listener` after each new connection to the database: another one may answer at the same place. */
  onConnect: (listener: () => void) => void;
  /** Called after each call of the blob store: it may be away, or refuse this one object. */
  observer?: { failed: (error: unknown) => void; answered: () => void };
};

/** What a database records about restores. Times are milliseconds since the epoch. */
export type RestoredRecord = {
  /** The last time at which a server raised the watermark; 0 if none did. */
  watermark: number;
  /** When the database was found or marked to be restored; undefined if it is not in this state. */
  since: number | undefined;
};

/**
 * Notices that the database was restored to an earlier time, so that nobody serves it before `complete`.
 *
 * The watermark is the time at which a server last raised it: first in the database and, after the commit, in the blob
 * store. So the one in the database is never lower, unless the database lost commits. It may then have counted payloads
 * that were read and keys that were revoked. A process that finds this records the state `restored` in the database. If
 * only commits after the last raise were lost, less than 15 seconds of them, nothing shows it.
 */
export class RestoredState {
  readonly #deps: RestoredStateDeps;
  #isRestored = false;
  /** The highest watermark that this process knows to have been committed. */
  #committed = 0;
  #checking: Promise<void> | undefined;
  #isStale = false;
  #onChange: (isRestored: boolean) => void = () => undefined;

  constructor(deps: RestoredStateDeps) {
    this.#deps = deps;
  }

  /** Whether the last check found the state `restored`. */
  get isRestored(): boolean {
    return this.#isRestored;
  }

  /** @throws Unhealthy in the state `restored` */
  require(): void {
    if (this.#isRestored)
      throw new Unhealthy('restored', 'it was restored to an earlier time: run mayfly restored --until TIME');
  }

  /** Reads the record of the database. */
  async read(): Promise<RestoredRecord> {
    return recordOf(await this.#deps.deployment.read());
  }

  /**
   * Compares the watermarks, and raises them if it is time. If the blob store is away, only the state in the database
   * counts, and nothing is raised: the watermark of a restored database must not overtake the other one.
   */
  async check(): Promise<void> {
    const { deployment, watermark, clock } = this.#deps;
    // First, because whatever it holds was committed before.
    const outside = await this.#observed(async () => (await watermark.read()) ?? 0);
    const values = await deployment.read();
    const { watermark: inside, since } = recordOf(values);
    if (since === undefined && Math.max(outside ?? 0, this.#committed) > inside) {
      await deployment.replace(names.restored, values[names.restored], String(clock()));
      this.#set(true);
    } else {
      this.#set(since !== undefined);
      this.#committed = inside;
    }
    if (!this.#isRestored && outside !== undefined) await this.#raise(values[names.watermark]);
  }

  /**
   * Checks periodically and after each new connection, until the returned function is called.
   *
   * @param onChange Called when the state `restored` begins or ends.
   */
  watch(timers: Timers, onChange: (isRestored: boolean) => void): () => void {
    this.#onChange = onChange;
    this.#deps.onConnect(() => this.#refresh());
    return timers.every(checkInterval, () => this.#refresh());
  }

  /** Puts the database in the state `restored`. */
  async mark(): Promise<void> {
    const { deployment, clock } = this.#deps;
    const values = await deployment.read();
    if (recordOf(values).since === undefined)
      await deployment.replace(names.restored, values[names.restored], String(clock()));
    this.#set(true);
  }

  /**
   * Ends the state `restored`. From now on, servers on another copy of the database find theirs restored.
   *
   * @throws Failure `store_away`
   */
  async complete(): Promise<void> {
    const { deployment, watermark, clock } = this.#deps;
    const outside = (await watermark.read()) ?? 0;
    const values = await deployment.read();
    const next = Math.max(clock(), recordOf(values).watermark, outside + 1);
    await deployment.write({ [names.watermark]: String(next), [names.restored]: '' });
    this.#set(false);
    this.#committed = next;
    // If this fails, the next raise writes it.
    await this.#observed(() => watermark.write(next));
  }

  #set(isRestored: boolean): void {
    if (this.#isRestored === isRestored) return;
    this.#isRestored = isRestored;
    this.#onChange(isRestored);
  }

  /** Checks now, or once more after the current check, which may have read too early. */
  #refresh(): void {
    this.#isStale = true;
    this.#checking ??= this.#checkWhileStale().finally(() => {
      this.#checking = undefined;
    });
  }

  async #checkWhileStale(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      // The database is away: the state is that of the last check.
      await this.check().catch(() => undefined);
    }
  }

  async #raise(before: string | undefined): Promise<void> {
    const { deployment, watermark, clock } = this.#deps;
    const now = clock();
    const current = Number(before ?? 0);
    // The clock of another server of the database may be behind.
    if (Math.abs(now - current) < raiseInterval) return;
    const next = Math.max(now, current + 1);
    if (!(await deployment.replace(names.watermark, before, String(next)))) return;
    this.#committed = next;
    await this.#observed(() => watermark.write(next));
  }

  /** Runs a call of the blob store, and resolves to undefined if it fails. */
  async #observed<T>(call: () => Promise<T>): Promise<T | undefined> {
    const { observer } = this.#deps;
    try {
      const result = await call();
      observer?.answered();
      return result;
    } catch (error) {
      observer?.failed(error);
      return undefined;
    }
  }
}

const names = { watermark: 'watermark', restored: 'restored' } as const;

function recordOf(values: Record<string, string>): RestoredRecord {
  const since = values[names.restored];
  return { watermark: Number(values[names.watermark] ?? 0), since: since ? Number(since) : undefined };
}
