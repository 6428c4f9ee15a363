import { hash } from 'node:crypto';
import { Failure } from '../failure.ts';
import type { BlockStore } from '../ports/block-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';

/** How often a server looks whether there are blocks (ms): another process may have added the first. */
const lookedEvery = 1000;

/** Contents that the operator refuses, by their SHA-256. Nothing is hashed while there are none. */
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

  /** Whether content has to be looked at: there were blocks within the last second. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** Looks whether there are blocks. Never rejects: where the store fails, what was last known holds. */
  async reload(): Promise<void> {
    try {
      this.#isActive = await this.#store.any();
    } catch {
      // The next look may do better.
    }
  }

  /** Looks from time to time, until the returned function is called. */
  watch(): () => void {
    return this.#timers.every(lookedEvery, () => void this.reload());
  }

  /** @throws Failure `blocked` for the SHA-256 of content that is refused */
  async require(digest: Uint8Array): Promise<void> {
    if (await this.#store.has(digest))
      throw new Failure('blocked', 'The operator of this server refuses this content');
  }

  /** Refuses content. It resolves when every server that watches knows. */
  async block(digest: Uint8Array): Promise<void> {
    await this.#store.add(digest, this.#clock());
    this.#isActive = true;
    await this.#timers.sleep(1.5 * lookedEvery);
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

/** The SHA-256 of content that is in memory. */
export function digestOf(data: string | Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer');
}
