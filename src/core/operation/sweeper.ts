import { eventsAbout } from '../buckets/object-events.ts';
import type { Readers } from '../content/readers.ts';
import { Failure } from '../failure.ts';
import type { AccountStore } from '../ports/account-store.ts';
import type { BlobJournal, ClaimedBlob } from '../ports/blob-journal.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { IdempotencyStore } from '../ports/idempotency-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { DatabaseUpkeep } from '../ports/storage-meter.ts';
import type { Swept } from '../ports/swept.ts';
import type { UploadStore } from '../ports/upload-store.ts';

/** What a sweep did. `failures` are blobs that could not be removed; they are tried again later. */
export type SweepReport = {
  payloads: number;
  objects: number;
  uploads: number;
  accounts: number;
  deliveries: number;
  blobs: number;
  failures: number;
  idempotencyRecords: number;
  milliseconds: number;
};

type SweeperStores = {
  payloads: PayloadStore;
  objects: ObjectStore;
  uploads: UploadStore;
  accounts: AccountStore;
  outbox: Outbox;
  idempotency: IdempotencyStore;
  journal: BlobJournal;
  blobs: BlobStore;
  upkeep: DatabaseUpkeep;
  /** Who in this process reads blobs that are to stay until then. */
  readers?: Readers;
};

/** A batch aims at this many milliseconds: long enough to get on, too short for a request to notice. */
const batchAim = 1;
/** A batch is followed by a rest of this many times as long: most of the time belongs to requests. */
const restPerWork = 3;
/** The longest rest (ms): a batch that the disk held up is no reason to fall behind. */
const maxRest = 10;
const minBatch = 8;
const maxBatch = 256;
const blobBatch = 32;
/** The lease of a claimed blob (ms): much longer than the longest removal. */
const leaseTime = 60_000;
/** How long a blob that could not be removed waits: doubled with each try, up to the longest (ms). */
const firstRetry = 1000;
const maxRetryDelay = 300_000;
/** How long a blob waits that somebody reads (ms). */
const heldRetry = 5000;
/** How long the outbox keeps what was delivered or given up (ms; docs/contract/buckets.md, "Deliveries"). */
const deliveriesKept = 7 * 86_400_000;

function isNoRoom(error: unknown): boolean {
  return error instanceof Failure && error.code === 'no_room';
}

/**
 * Removes what has expired, rows first and their blobs through the journal. It works in small batches with
 * a rest after each, so that its cost follows what expired and no request waits for it. Any number of
 * sweepers may run at once: each batch and each claim is one transaction.
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

  /** Lets the batch that runs finish and starts no other. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running?.catch(() => undefined);
  }

  /** How far behind sweeping is: milliseconds since the earliest expiry that has not been swept; 0 if none. */
  async lag(): Promise<number> {
    const { payloads, objects, uploads } = this.#stores;
    const expiries = await Promise.all([payloads, objects, uploads].map((store) => store.earliestExpiry()));
    const earliest = Math.min(...expiries.map((expiry) => expiry ?? Number.POSITIVE_INFINITY));
    return Math.max(0, this.#clock() - earliest);
  }

  async #sweep(): Promise<SweepReport> {
    const started = this.#clock();
    const report: SweepReport = {
      payloads: 0,
      objects: 0,
      uploads: 0,
      accounts: 0,
      deliveries: 0,
      blobs: 0,
      failures: 0,
      idempotencyRecords: 0,
      milliseconds: 0,
    };
    const { payloads, objects, uploads, accounts, outbox: webhooks, idempotency } = this.#stores;
    const removals: [keyof SweepReport, (budget: number) => Promise<Swept>][] = [
      ['payloads', (budget) => payloads.expire(started, budget)],
      ['objects', (budget) => objects.expire(started, budget, eventsAbout(started, 'object.expired'))],
      ['uploads', (budget) => uploads.expire(started, budget)],
      // Last of what they hold: an account goes when it holds nothing any more.
      ['accounts', (budget) => accounts.expire(started, budget)],
      ['deliveries', (budget) => webhooks.removeOld(started - deliveriesKept, budget)],
      ['idempotencyRecords', (budget) => idempotency.expire(started, budget)],
    ];
    for (const [kind, remove] of removals)
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
    // Whatever this sweep found: deletes and last reads since the one before left content in the log too.
    while ((await this.#withRoom(() => upkeep.maintain())) === 'more' && !this.#stopping)
      await this.#rest(batchAim);
    await upkeep.keepRoom();
  }

  /**
   * Does what needs room for its writes, on a full disk too: once more after room was made for it. Rows can only be
   * removed by writing to the log first.
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

  /** Repeats `work` until it returns that it is done. The budget of a batch depends on how long the last one took. */
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
      const took = this.#clock() - started;
      if (took > batchAim) budget = Math.max(Math.min(budget, minBatch), Math.floor(budget / 2));
      else if (took < batchAim) budget = Math.min(maxBatch, budget * 2);
      await this.#rest(took);
    }
  }

  #rest(took: number): Promise<void> {
    return this.#timers.sleep(Math.min(maxRest, restPerWork * Math.max(batchAim, took)));
  }

  async #removeBlobs(report: SweepReport): Promise<void> {
    while (!this.#stopping) {
      const claimed = await this.#withRoom(() =>
        this.#stores.journal.claimDue(this.#clock(), leaseTime, blobBatch),
      );
      const outcomes = await Promise.all(claimed.map((blob) => this.#removeBlob(blob)));
      const gone = claimed.filter((_, index) => outcomes[index] === 'gone').map(({ key }) => key);
      await this.#withRoom(() => this.#stores.journal.forget(gone, this.#clock()));
      report.blobs += gone.length;
      const failures = outcomes.filter((outcome) => outcome === 'failed').length;
      report.failures += failures;
      // A failure means that the store is away: the rest can wait for the next sweep as well.
      if (claimed.length < blobBatch || failures > 0) return;
    }
  }

  async #removeBlob({ key, attempts, directUploadId }: ClaimedBlob): Promise<'gone' | 'held' | 'failed'> {
    const { blobs, journal, readers } = this.#stores;
    if (readers?.isHeld(key)) {
      await journal.postpone(key, this.#clock(), heldRetry);
      return 'held';
    }
    try {
      await blobs.remove(key, directUploadId);
      return 'gone';
    } catch {
      const delay = Math.min(maxRetryDelay, firstRetry * 2 ** Math.min(attempts - 1, 20));
      await journal.postpone(key, this.#clock(), delay);
      return 'failed';
    }
  }
}
