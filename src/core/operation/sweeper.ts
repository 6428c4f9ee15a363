import type { Readers } from '../content/readers.ts';
import { Failure } from '../failure.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { ClaimedBlob } from '../ports/content/blob-journal.ts';
import type { BlobStore } from '../ports/content/blob-store.ts';
import type { Stores } from '../ports/stores.ts';
import { type ExpiredRows, type ExpiringStores, noExpiredRows, removalsOfExpired } from './expired-rows.ts';

/** The result of a sweep. `failures` counts blobs that could not be removed, which are retried later. */
export type SweepReport = ExpiredRows & { blobs: number; failures: number; milliseconds: number };

type SweeperStores = ExpiringStores &
  Pick<Stores, 'journal' | 'upkeep'> & {
    blobs: BlobStore;
    /** The readers in this process, whose blobs must not be removed yet. */
    readers?: Readers;
    /** By when leases of writers must have ended before they are claimed; if omitted, all ended ones are. */
    leasesEndedBy?: () => number;
  };

/** The target duration of a batch (ms): too short for a request to notice. */
const batchAim = 1;
/** The rest after a batch, as a multiple of its duration: most of the time belongs to requests. */
const restPerWork = 3;
/** The maximum rest (ms), so that a slow disk does not make sweeps fall behind. */
const maxRest = 10;
const minBatch = 8;
const maxBatch = 256;
const blobBatch = 32;
/** The lease of a claimed blob (ms): much longer than any removal takes. */
const leaseTime = 60_000;
/** The first and the maximum delay of a retry (ms). It doubles with each try. */
const firstRetry = 1000;
const maxRetryDelay = 300_000;
/** The delay of a retry for a blob that is being read (ms). */
const heldRetry = 5000;

function isNoRoom(error: unknown): boolean {
  return error instanceof Failure && error.code === 'no_room';
}

/**
 * Removes expired rows, and then their blobs through the journal. Works in small batches with a rest after each, so
 * that no request waits for it. Any number of sweepers may run at once: each batch and each claim is one transaction.
 */
export class Sweeper {
  readonly #stores: SweeperStores;
  readonly #clock: Clock;
  readonly #timers: Timers;
  #running: Promise<SweepReport> | undefined;
  #stopping = false;

  constructor(stores: SweeperStores, clock: Clock, timers: Timers) {
    this.#stores = stores;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Sweeps once. While one sweep runs, another call joins it. */
  run(): Promise<SweepReport> {
    this.#running ??= this.#sweep().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Finishes the current batch and starts no other. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running?.catch(() => undefined);
  }

  /** The time since the earliest expiry that is not swept (ms); 0 if there is none. */
  async lag(): Promise<number> {
    const { payloads, objects, uploads } = this.#stores;
    const expiries = await Promise.all([payloads, objects, uploads].map((store) => store.earliestExpiry()));
    const earliest = Math.min(...expiries.map((expiry) => expiry ?? Number.POSITIVE_INFINITY));
    return Math.max(0, this.#clock() - earliest);
  }

  async #sweep(): Promise<SweepReport> {
    const started = this.#clock();
    const report: SweepReport = { ...noExpiredRows(), blobs: 0, failures: 0, milliseconds: 0 };
    for (const [kind, remove] of removalsOfExpired(this.#stores, started))
      await this.#inBatches(async (budget) => {
        const { removed, isDone } = await remove(budget);
        report[kind] += removed;
        return isDone;
      });
    await this.#removeBlobs(report);
    await this.#tidyUp();
    report.milliseconds = this.#clock() - started;
    return report;
  }

  async #tidyUp(): Promise<void> {
    const { upkeep } = this.#stores;
    // Always, since deletes and last reads outside sweeps leave content in the log too.
    while ((await this.#withRoom(() => upkeep.maintain())) === 'more' && !this.#stopping)
      await this.#rest(batchAim);
    await upkeep.keepRoom();
  }

  /**
   * Runs a write. If the disk is full, makes room and runs it again: even removing rows writes to the log first.
   */
  async #withRoom<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      await this.#stores.upkeep.makeRoom();
      return write();
    }
  }

  /** Repeats `work` until it returns true. Adapts the budget to the duration of the last batch. */
  async #inBatches(work: (budget: number) => Promise<boolean>): Promise<void> {
    let budget = minBatch;
    while (!this.#stopping) {
      const started = this.#clock();
      const isDone = await this.#withRoom(() => work(budget)).catch((error: unknown) => {
        // Fewer rows need less room.
        if (isNoRoom(error) && budget > 1) return undefined;
        throw error;
      });
      if (isDone) return;
      if (isDone === undefined) {
        budget = 1;
        continue;
      }
      const duration = this.#clock() - started;
      if (duration > batchAim) budget = Math.max(Math.min(budget, minBatch), Math.floor(budget / 2));
      else if (duration < batchAim) budget = Math.min(maxBatch, budget * 2);
      await this.#rest(duration);
    }
  }

  #rest(workTime: number): Promise<void> {
    return this.#timers.sleep(Math.min(maxRest, restPerWork * Math.max(batchAim, workTime)));
  }

  async #removeBlobs(report: SweepReport): Promise<void> {
    while (!this.#stopping) {
      const { journal, leasesEndedBy = this.#clock } = this.#stores;
      const claimed = await this.#withRoom(() =>
        journal.claimDue(this.#clock(), leaseTime, blobBatch, leasesEndedBy()),
      );
      const outcomes = await Promise.all(claimed.map((blob) => this.#removeBlob(blob)));
      const gone = claimed.filter((_, index) => outcomes[index] === 'gone');
      await this.#withRoom(() => journal.forget(gone, this.#clock()));
      report.blobs += gone.length;
      const failures = outcomes.filter((outcome) => outcome === 'failed').length;
      report.failures += failures;
      // After a failure the blob store is probably unavailable: leave the rest to the next sweep.
      if (claimed.length < blobBatch || failures > 0) return;
    }
  }

  async #removeBlob(claimed: ClaimedBlob): Promise<'gone' | 'held' | 'failed'> {
    const { key, attempts, directUploadId } = claimed;
    const { blobs, journal, readers } = this.#stores;
    if (readers?.isHeld(key)) {
      await journal.postpone(claimed, this.#clock(), heldRetry);
      return 'held';
    }
    try {
      await blobs.remove(key, directUploadId);
      return 'gone';
    } catch {
      const delay = Math.min(maxRetryDelay, firstRetry * 2 ** Math.min(attempts - 1, 20));
      await journal.postpone(claimed, this.#clock(), delay);
      return 'failed';
    }
  }
}
