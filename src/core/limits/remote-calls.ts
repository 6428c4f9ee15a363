import { isAnonymous } from '../accounts/anonymous.ts';
import type { StoredAccount } from '../ports/account-store.ts';
import type { Budget } from '../ports/budget.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import { type remoteCallPlaces, remoteCallQueues } from './budget-sizes.ts';
import { Places } from './places.ts';

/** Who asks for a call: an account, and the client address as limits count it. */
export type RemoteCaller = { account: StoredAccount; address: string };

/** The budgets of places for such calls. */
type RemoteCallBudgets = Record<keyof typeof remoteCallPlaces, Budget>;

/** How long a call waits for its turn (ms). */
const maxWait = 10_000;

/**
 * Calls to other servers while a user waits for them: fetches of URLs, and looks at the names of new webhooks. Of the
 * places all strangers together have a quarter, one address and one account two each (docs/budgets.md).
 */
export class RemoteCalls {
  readonly #budgets: RemoteCallBudgets;
  readonly #places: Places;
  readonly #anonymousPlaces: Places;

  constructor(budgets: RemoteCallBudgets, clock: Clock, timers: Timers) {
    this.#budgets = budgets;
    const queue = (maxWaiting: number) =>
      new Places({ maxWaiting, maxWait, purpose: 'calls to other servers' }, clock, timers);
    this.#places = queue(remoteCallQueues.known);
    this.#anonymousPlaces = queue(remoteCallQueues.anonymous);
  }

  /** Makes a call when it is the caller's turn. @throws Failure `rate_limited`, or what the call throws */
  during<T>({ account, address }: RemoteCaller, call: () => Promise<T>): Promise<T> {
    const { all, anonymous, addresses, accounts } = this.#budgets;
    const isAnonymousCall = isAnonymous(account);
    const claims = [
      { budget: addresses, holder: address },
      { budget: accounts, holder: account.id },
      ...(isAnonymousCall ? [{ budget: anonymous, holder: 'strangers' }] : []),
      { budget: all, holder: 'all' },
    ];
    // All accounts of a stranger have one turn.
    return isAnonymousCall
      ? this.#anonymousPlaces.during(address, claims, call)
      : this.#places.during(account.id, claims, call);
  }
}
