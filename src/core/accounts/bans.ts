import { type AddressRange, ClientSet, clientRangeName, parseAddressRange } from '../client-address.ts';
import { invalid } from '../failure.ts';
import type { BanStore } from '../ports/ban-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';

/** How old the list may be before it is read again (ms): another process may have changed it. */
const freshFor = 1000;

/** Whom the operator refuses: by the settings, which stay as they are, and by the store, which may change. */
export class Bans {
  readonly #fixed: AddressRange[];
  readonly #store: BanStore;
  readonly #clock: Clock;
  #stored: string[] = [];
  #banned: ClientSet;
  #readAt = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #reads = 0;
  #latestRead = 0;

  constructor(fixed: AddressRange[], store: BanStore, clock: Clock) {
    this.#fixed = fixed;
    this.#store = store;
    this.#clock = clock;
    this.#banned = new ClientSet(fixed);
  }

  /**
   * Whether a client is refused, by the list at hand. An old list is read again in the background, for the calls
   * that follow.
   *
   * @param client As `ClientAddresses.keyFor` gives it.
   */
  isBanned(client: string): boolean {
    this.#refresh();
    return this.#banned.has(client);
  }

  /** Keeps the list fresh also while nobody calls, until the returned function is called. */
  watch(timers: Timers): () => void {
    return timers.every(freshFor, () => this.#refresh());
  }

  /** Reads the list. Never rejects: where the store fails, the last list stays in force. */
  async reload(): Promise<void> {
    this.#readAt = this.#clock();
    this.#reads += 1;
    const read = this.#reads;
    try {
      const stored = await this.#store.list();
      // Of two that overlap, the one begun later has seen more.
      if (read < this.#latestRead) return;
      this.#latestRead = read;
      this.#put(stored);
    } catch {
      // The next one may do better.
    }
  }

  /**
   * Refuses an address or a CIDR range; in IPv6 at least a /64. In force when it resolves.
   *
   * @returns The range as it is listed.
   * @throws Failure `invalid` where it cannot be read
   */
  async ban(range: string): Promise<string> {
    const name = nameOf(range);
    await this.#store.add(name, this.#clock());
    await this.reload();
    return name;
  }

  /**
   * Takes a ban back; those of the settings stay.
   *
   * @returns Whether there was one of exactly this range.
   * @throws Failure `invalid` where it cannot be read
   */
  async unban(range: string): Promise<boolean> {
    const wasThere = await this.#store.remove(nameOf(range));
    await this.reload();
    return wasThere;
  }

  /** All ranges that are refused, those of the settings first. */
  async list(): Promise<string[]> {
    return [...new Set([...this.#fixed.map(clientRangeName), ...(await this.#store.list())])];
  }

  #refresh(): void {
    const age = this.#clock() - this.#readAt;
    if (this.#isReading || (age >= 0 && age < freshFor)) return;
    this.#isReading = true;
    void this.reload().finally(() => {
      this.#isReading = false;
    });
  }

  #put(stored: string[]): void {
    if (stored.length === this.#stored.length && stored.every((name, at) => name === this.#stored[at]))
      return;
    this.#stored = stored;
    const ranges = stored.map(parseAddressRange).filter((range) => range !== undefined);
    this.#banned = new ClientSet([...this.#fixed, ...ranges]);
  }
}

function nameOf(text: string): string {
  const range = parseAddressRange(text.trim());
  if (range === undefined) throw invalid('range', 'must be an address or a CIDR range');
  return clientRangeName(range);
}
