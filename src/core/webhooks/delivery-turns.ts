import type { DueDelivery } from '../ports/outbox.ts';

/** How many webhooks are called at once, and how many of them of one account. */
const places = 16;
const placesOfAccount = places / 4;
/** How many of these at most are slow or failing ones: they share half of the places among them. */
const slowPlaces = places / 2;
const slowPlacesOfAccount = placesOfAccount / 2;
/** A receiver that takes longer (ms) counts as slow. */
const slowAfter = 2000;
/** How many webhooks and accounts are remembered; of more than these the one that was longest ago is forgotten. */
const maxRemembered = 1000;

/** A call under way. */
export type DeliveryCall = { webhookId: string; accountId: string; since: number };

/**
 * Whose turn it is in the outbox. Accounts take turns: that which had its last turn longest ago is next, however much
 * of the others' has been due for longer. Receivers that were slow or failed when last called are apart, so that they
 * never have the places of the others, of the same account either.
 */
export class DeliveryTurns {
  /** Webhooks that were slow or failed when last called, and whether they failed. */
  readonly #slow = new Map<string, { isFailing: boolean }>();
  readonly #lastTurns = new Map<string, number>();
  #turns = 0;

  /**
   * Takes note of how a call went: whether it was delivered, and how long it took (ms).
   *
   * @returns Whether the webhook has begun to fail.
   */
  note(webhookId: string, isDelivered: boolean, duration: number): boolean {
    const wasFailing = this.#slow.get(webhookId)?.isFailing ?? false;
    this.#slow.delete(webhookId);
    if (isDelivered && duration <= slowAfter) return false;
    this.#slow.set(webhookId, { isFailing: !isDelivered });
    forgetLongestAgo(this.#slow);
    return !isDelivered && !wasFailing;
  }

  /**
   * Which deliveries begin now, at most one for each webhook.
   *
   * @param due At most one of each webhook, that which has been due longest first.
   * @param now Milliseconds since the epoch.
   */
  choose(due: DueDelivery[], underWay: Iterable<DeliveryCall>, now: number): DueDelivery[] {
    const counts = new PlaceCounts();
    const busy = new Set<string>();
    for (const { webhookId, accountId, since } of underWay) {
      busy.add(webhookId);
      counts.add(accountId, this.#slow.has(webhookId) || now - since > slowAfter);
    }
    const queues = new Map<string, DueDelivery[]>();
    for (const delivery of due) {
      if (busy.has(delivery.webhookId)) continue;
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
        this.#noteTurn(accountId);
        chosen.push(next);
        return true;
      });
    return chosen;
  }

  #noteTurn(accountId: string): void {
    this.#turns += 1;
    this.#lastTurns.delete(accountId);
    this.#lastTurns.set(accountId, this.#turns);
    forgetLongestAgo(this.#lastTurns);
  }
}

/** How many places are taken, in all and by each account. */
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

/** Of a set or map in the order in which they were noted. */
function forgetLongestAgo(noted: {
  size: number;
  keys(): Iterable<string>;
  delete(key: string): boolean;
}): void {
  if (noted.size <= maxRemembered) return;
  for (const oldest of noted.keys()) {
    noted.delete(oldest);
    return;
  }
}
