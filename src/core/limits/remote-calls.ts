import { isAnonymous } from '../accounts/anonymous.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { Budget } from '../ports/limits/budget.ts';
import { type remoteCallPlaces, remoteCallQueues } from './budget-sizes.ts';
import { Places } from './places.ts';

/** The caller: its account and its client address. */
export type RemoteCaller = { account: StoredAccount; address: string };

type RemoteCallBudgets = Record<keyof typeof remoteCallPlaces, Budget>;

/** The maximum waiting time of a call (ms). */
const maxWait = 10_000;

/**
 * Limits calls to other servers that a client waits for: fetches of URLs, and name lookups for new webhooks. All
 * anonymous callers together have a quarter of the places, an address and an account two each (docs/budgets.md).
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

  /** Makes a call when a place is free. @throws Failure `rate_limited`, or an error of the call */
  during<T>({ account, address }: RemoteCaller, call: () => Promise<T>): Promise<T> {
    const { all, anonymous, addresses, accounts } = this.#budgets;
    const isAnonymousCall = isAnonymous(account);
    const claims = [
      { budget: addresses, holder: address },
      { budget: accounts, holder: account.id },
      ...(isAnonymousCall ? [{ budget: anonymous, holder: 'anonymous' }] : []),
      { budget: all, holder: 'all' },
    ];
    // All anonymous accounts of an address share one turn.
    return isAnonymousCall
      ? this.#anonymousPlaces.during(address, claims, call)
      : this.#places.during(account.id, claims, call);
  }
}
