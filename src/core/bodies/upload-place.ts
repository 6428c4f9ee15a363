import { Failure } from '../failure.ts';
import { type Budget, chain } from '../ports/budget.ts';

/** Places for uploads, of addresses and of accounts. */
export type UploadPlaces = { uploadsOfClients: Budget; uploadsOfAccounts: Budget };

/** Who sends an upload: it counts for the account, or else for the address. */
export type Uploader = { client: string; account: string | undefined };

/** The place of one upload among those that a client has under way at once. */
export class UploadPlace {
  readonly #budget: Budget;
  readonly #holder: string;
  #isHeld = false;
  #isEnded = false;

  constructor({ client, account }: Uploader, { uploadsOfClients, uploadsOfAccounts }: UploadPlaces) {
    this.#budget = account === undefined ? uploadsOfClients : uploadsOfAccounts;
    this.#holder = account ?? client;
  }

  /** @throws Failure `rate_limited` where its client has too many uploads under way */
  take(): void | Promise<void> {
    return chain(this.#budget.take(this.#holder, 1), (outcome) => {
      if (outcome !== 'taken')
        throw new Failure('rate_limited', 'Too many uploads at once: wait until one has ended', {
          retryAfterSeconds: 10,
        });
      this.#isHeld = true;
      // The request was answered while a shared budget was asked.
      if (this.#isEnded) this.end();
    });
  }

  /** As `take`, where nobody waits for it: `refuse` gets the failure. */
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
