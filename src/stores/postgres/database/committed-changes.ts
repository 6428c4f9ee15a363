import type { Change, Changes } from '../../../core/ports/changes.ts';

/** The changes that this process commits. It cannot know those of others: cached rows have a maximum age. */
export class CommittedChanges implements Changes {
  readonly #listeners: ((change: Change) => void)[] = [];

  subscribe(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  announce(changes: readonly Change[]): void {
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }

  refresh(): void {
    // Nothing to ask: see above.
  }
}
