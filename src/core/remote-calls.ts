import { isStranger } from './accounts/strangers.ts';
import { Places } from './places.ts';
import type { StoredAccount } from './ports/account-store.ts';
import type { Budget } from './ports/budget.ts';
import type { Clock, Timers } from './ports/clock.ts';

/** Who asks for a call: an account, and the client address as limits count it. */
export type RemoteCaller = { account: StoredAccount; address: string };

type Sizes = { total: number; share: number };

/** How many calls that users wait for may be under way. */
const mostCalls = 32;
const ofOneHolder = { total: Number.POSITIVE_INFINITY, share: 2 };

/** How many may wait; strangers, who can have any number of accounts and addresses, have a queue of their own. */
const mostWaiting = 64;
const longestWait = 10_000;

/**
 * Calls to other servers while a user waits for them: fetches of URLs, and looks at the names of new webhooks. Of the
 * places all strangers together have a quarter, one address and one account two each (docs/budgets.md).
 */
export class RemoteCalls {
  readonly #all: Budget;
  readonly #strangers: Budget;
  readonly #addresses: Budget;
  readonly #accounts: Budget;
  readonly #places: Places;
  readonly #strangersPlaces: Places;

  /** @param createBudget Makes a budget of places. */
  constructor(createBudget: (sizes: Sizes) => Budget, clock: Clock, timers: Timers) {
    this.#all = createBudget({ total: mostCalls, share: mostCalls });
    this.#strangers = createBudget({ total: mostCalls / 4, share: mostCalls / 4 });
    this.#addresses = createBudget(ofOneHolder);
    this.#accounts = createBudget(ofOneHolder);
    const queue = (part: number) => ({
      mostWaiting: mostWaiting * part,
      longestWait,
      purpose: 'calls to other servers',
    });
    this.#places = new Places(queue(3 / 4), clock, timers);
    this.#strangersPlaces = new Places(queue(1 / 4), clock, timers);
  }

  /** Makes a call when it is the caller's turn. @throws Failure `rate_limited`, or what the call throws */
  during<T>({ account, address }: RemoteCaller, call: () => Promise<T>): Promise<T> {
    const isOfStranger = isStranger(account);
    const claims = [
      { budget: this.#addresses, holder: address },
      { budget: this.#accounts, holder: account.id },
      ...(isOfStranger ? [{ budget: this.#strangers, holder: 'strangers' }] : []),
      { budget: this.#all, holder: 'all' },
    ];
    // All accounts of a stranger have one turn.
    return isOfStranger
      ? this.#strangersPlaces.during(address, claims, call)
      : this.#places.during(account.id, claims, call);
  }
}
