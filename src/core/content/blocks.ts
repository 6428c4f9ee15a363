import { hash } from 'node:crypto';
import { Failure } from '../failure.ts';
import { repeatIfUnknown } from '../outcome-unknown.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { BlockStore } from '../ports/content/block-store.ts';

/** How often a server checks for blocks (ms): another process may add the first one. */
const reloadInterval = 1000;

/** Content that the operator blocks, by SHA-256. While there are no blocks, nothing is hashed. */
export class Blocks {
  readonly #store: BlockStore;
  readonly #clock: Clock;
  readonly #timers: Timers;
  #isActive = false;

  constructor(store: BlockStore, clock: Clock, timers: Timers) {
    this.#store = store;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Whether there were any blocks within the last second. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** Checks whether there are blocks. Never rejects: if the store fails, the last state stays. */
  async reload(): Promise<void> {
    try {
      this.#isActive = await this.#store.any();
    } catch {
      // The next reload tries again.
    }
  }

  /** Reloads periodically until the returned function is called. */
  watch(): () => void {
    return this.#timers.every(reloadInterval, () => void this.reload());
  }

  /** @throws Failure `blocked` for the SHA-256 of blocked content */
  async require(digest: Uint8Array): Promise<void> {
    if (await this.#store.has(digest))
      throw new Failure('blocked', 'The operator of this server refuses this content');
  }

  /** Blocks content. Every server refuses it when `settle` has resolved. */
  async block(digest: Uint8Array): Promise<void> {
    await repeatIfUnknown(() => this.#store.add(digest, this.#clock()));
    this.#isActive = true;
  }

  /** Resolves when every server that watches has reloaded. */
  settle(): Promise<void> {
    return this.#timers.sleep(1.5 * reloadInterval);
  }

  /** @returns Whether it was blocked. */
  async unblock(digest: Uint8Array): Promise<boolean> {
    const wasBlocked = await this.#store.remove(digest);
    await this.reload();
    return wasBlocked;
  }

  list(): ReturnType<BlockStore['list']> {
    return this.#store.list();
  }
}

/** The SHA-256 of content in memory. */
export function digestOf(data: string | Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer');
}
