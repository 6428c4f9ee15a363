import { Failure } from '../failure.ts';
import type { Budget } from '../ports/limits/budget.ts';
import { andThen } from '../ports/maybe-promise.ts';

/** The budgets of concurrent uploads, by address and by account. */
export type UploadPlaces = { uploadsOfClients: Budget; uploadsOfAccounts: Budget };

/** The sender of an upload. The upload counts for the account, or for the address if there is no account. */
export type Uploader = { client: string; account: string | undefined };

/** The place of one upload among the concurrent uploads of its client. */
export class UploadPlace {
  readonly #budget: Budget;
  readonly #holder: string;
  #isHeld = false;
  #isEnded = false;

  constructor({ client, account }: Uploader, { uploadsOfClients, uploadsOfAccounts }: UploadPlaces) {
    this.#budget = account === undefined ? uploadsOfClients : uploadsOfAccounts;
    this.#holder = account ?? client;
  }

  /** @throws Failure `rate_limited` if the client has too many uploads in progress */
  take(): void | Promise<void> {
    return andThen(this.#budget.take(this.#holder, 1), (outcome) => {
      if (outcome !== 'taken')
        throw new Failure('rate_limited', 'Too many uploads at once: wait until one has ended', {
          retryAfterSeconds: 10,
        });
      this.#isHeld = true;
      // A shared budget may answer after the request has ended.
      if (this.#isEnded) this.end();
    });
  }

  /** As `take`, without waiting: `refuse` gets the failure. */
  takeOr(refuse: (failure: Error) => void): void {
    try {
      this.take()?.catch(refuse);
    } catch (error) {
      refuse(error as Error);
    }
  }

  /** Gives the place back, once. */
  end(): void {
    this.#isEnded = true;
    if (this.#isHeld) this.#budget.giveBack(this.#holder, 1);
    this.#isHeld = false;
  }
}
