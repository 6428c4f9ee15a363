import type { DueDelivery } from '../ports/webhooks/outbox.ts';

/** Concurrent calls, in all and per account. */
const places = 16;
const placesOfAccount = places / 4;
/** The maximum number of these for slow or failing webhooks. */
const slowPlaces = places / 2;
const slowPlacesOfAccount = placesOfAccount / 2;
/** A receiver that takes longer counts as slow (ms). */
const slowAfter = 2000;
/** The number of webhooks and of accounts that are remembered. */
const maxRemembered = 1000;

/** A call in progress. */
export type DeliveryCall = { webhookId: string; accountId: string; since: number };

/**
 * Decides which deliveries are next. Accounts take turns: the account whose last turn was longest ago is next, no
 * matter how long deliveries of others have been due. Receivers that were slow or failed at their last call have
 * limited places, so that they never block the others, not even those of the same account.
 */
export class DeliveryTurns {
  /** The webhooks that were slow or failed at their last call. */
  readonly #slow = new Map<string, { isFailing: boolean }>();
  readonly #lastTurns = new Map<string, number>();
  #turns = 0;

  /**
   * Records the result of a call.
   *
   * @param duration Milliseconds.
   * @returns Whether the webhook has just started to fail.
   */
  note(webhookId: string, isDelivered: boolean, duration: number): boolean {
    const wasFailing = this.#slow.get(webhookId)?.isFailing ?? false;
    this.#slow.delete(webhookId);
    if (isDelivered && duration <= slowAfter) return false;
    this.#slow.set(webhookId, { isFailing: !isDelivered });
    trimOldest(this.#slow);
    return !isDelivered && !wasFailing;
  }

  /**
   * Chooses the deliveries to start now.
   *
   * @param due At most one for each webhook, none for those of calls in progress, sorted by how long they have been due.
   * @param now Milliseconds since the epoch.
   */
  choose(due: DueDelivery[], inProgress: Iterable<DeliveryCall>, now: number): DueDelivery[] {
    const counts = new PlaceCounts();
    for (const { webhookId, accountId, since } of inProgress) {
      counts.add(accountId, this.#slow.has(webhookId) || now - since > slowAfter);
    }
    const queues = new Map<string, DueDelivery[]>();
    for (const delivery of due) {
      const queue = queues.get(delivery.accountId);
      if (queue) queue.push(delivery);
      else queues.set(delivery.accountId, [delivery]);
    }
    const lastTurnOf = (accountId: string) => this.#lastTurns.get(accountId) ?? 0;
    let round = [...queues].sort(([one], [other]) => lastTurnOf(one) - lastTurnOf(other));
    const chosen: DueDelivery[] = [];
    while (round.length > 0)
      round = round.filter(([accountId, queue]) => {
        const index = queue.findIndex(({ webhookId }) =>
          counts.hasRoom(accountId, this.#slow.has(webhookId)),
        );
        const [next] = index < 0 ? [] : queue.splice(index, 1);
        if (next === undefined) return false;
        counts.add(accountId, this.#slow.has(next.webhookId));
        this.#recordTurn(accountId);
        chosen.push(next);
        return true;
      });
    return chosen;
  }

  #recordTurn(accountId: string): void {
    this.#turns += 1;
    this.#lastTurns.delete(accountId);
    this.#lastTurns.set(accountId, this.#turns);
    trimOldest(this.#lastTurns);
  }
}

/** Counts the taken places, in all and per account. */
class PlaceCounts {
  #all = 0;
  #slow = 0;
  readonly #ofAccounts = new Map<string, { all: number; slow: number }>();

  hasRoom(accountId: string, isSlow: boolean): boolean {
    const { all, slow } = this.#of(accountId);
    if (this.#all >= places || all >= placesOfAccount) return false;
    return !isSlow || (this.#slow < slowPlaces && slow < slowPlacesOfAccount);
  }

  add(accountId: string, isSlow: boolean): void {
    const { all, slow } = this.#of(accountId);
    const more = isSlow ? 1 : 0;
    this.#all += 1;
    this.#slow += more;
    this.#ofAccounts.set(accountId, { all: all + 1, slow: slow + more });
  }

  #of(accountId: string): { all: number; slow: number } {
    return this.#ofAccounts.get(accountId) ?? { all: 0, slow: 0 };
  }
}

/** Removes the oldest entry of a map that is too large. */
function trimOldest(entries: { size: number; keys(): Iterable<string>; delete(key: string): boolean }): void {
  if (entries.size <= maxRemembered) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
