import { type AddressRange, ClientSet, clientRangeName, parseAddressRange } from '../client-address.ts';
import { Failure } from '../failure.ts';
import type { BanStore } from '../ports/accounts/ban-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { Staleness } from '../staleness.ts';

/** The maximum age of the cached list (ms): another process may change the stored one. */
const freshFor = 1000;

/** The addresses that the operator bans: by the settings, which are fixed, and in the store, which may change. */
export class Bans {
  readonly #fixed: AddressRange[];
  readonly #store: BanStore;
  readonly #clock: Clock;
  readonly #staleness: Staleness;
  #stored: string[] = [];
  #banned: ClientSet;
  #readAt = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #reads = 0;
  #latestRead = 0;

  constructor(fixed: AddressRange[], store: BanStore, clock: Clock, staleness: Staleness) {
    this.#fixed = fixed;
    this.#store = store;
    this.#clock = clock;
    this.#staleness = staleness;
    this.#banned = new ClientSet(fixed);
  }

  /**
   * Whether a client is banned, by the cached list. An outdated list is reloaded in the background, for later calls.
   *
   * @param client As `ClientAddresses.keyFor` returns it.
   */
  isBanned(client: string): boolean {
    this.#refresh();
    return this.#banned.has(client);
  }

  /** Keeps the list fresh without calls too, until the returned function is called. */
  watch(timers: Timers): () => void {
    return timers.every(freshFor, () => this.#refresh(0));
  }

  /** Reads the list. Never rejects: if the store fails, the last list stays in force. */
  async reload(): Promise<void> {
    this.#readAt = this.#clock();
    this.#reads += 1;
    const read = this.#reads;
    try {
      const stored = await this.#store.list();
      // A read that started later has already returned a newer list.
      if (read < this.#latestRead) return;
      this.#latestRead = read;
      this.#update(stored);
    } catch {
      // The next reload tries again.
    }
  }

  /**
   * Bans an address or a CIDR range; in IPv6 at least a /64. The ban is in force when this resolves, on every node that
   * watches.
   *
   * @returns The range as the list shows it.
   * @throws Failure `invalid`
   */
  async ban(range: string): Promise<string> {
    const name = nameOf(range);
    await this.#store.add(name, this.#clock());
    await this.reload();
    // A list takes time to arrive.
    await this.#staleness.settle(1.5 * freshFor);
    return name;
  }

  /**
   * Removes a ban from the store. Bans of the settings stay.
   *
   * @returns Whether exactly this range was banned.
   * @throws Failure `invalid`
   */
  async unban(range: string): Promise<boolean> {
    const wasBanned = await this.#store.remove(nameOf(range));
    await this.reload();
    return wasBanned;
  }

  /** All banned ranges, those of the settings first. */
  async list(): Promise<string[]> {
    return [...new Set([...this.#fixed.map(clientRangeName), ...(await this.#store.list())])];
  }

  #refresh(minAge = freshFor): void {
    const age = this.#clock() - this.#readAt;
    if (this.#isReading || (age >= 0 && age < minAge)) return;
    this.#isReading = true;
    void this.reload().finally(() => {
      this.#isReading = false;
    });
  }

  #update(stored: string[]): void {
    if (stored.length === this.#stored.length && stored.every((name, index) => name === this.#stored[index]))
      return;
    this.#stored = stored;
    const ranges = stored.map(parseAddressRange).filter((range) => range !== undefined);
    this.#banned = new ClientSet([...this.#fixed, ...ranges]);
  }
}

function nameOf(text: string): string {
  const range = parseAddressRange(text.trim());
  if (range === undefined)
    throw new Failure('invalid', `${JSON.stringify(text)} must be an address or a CIDR range`);
  return clientRangeName(range);
}
