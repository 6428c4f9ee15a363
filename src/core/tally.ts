import type { Timers } from './ports/clock.ts';

/**
 * Collects notes that are not worth a commit each, such as download counts, and writes them once per second. A crash
 * loses at most the last second.
 */
export class Tally<Note> {
  readonly #merge: (earlier: Note, later: Note) => Note;
  readonly #write: (notes: Map<string, Note>) => Promise<void>;
  readonly #timers: Timers;
  #notes = new Map<string, Note>();
  #written = Promise.resolve();
  #isWaiting = false;

  constructor(
    merge: (earlier: Note, later: Note) => Note,
    write: (notes: Map<string, Note>) => Promise<void>,
    timers: Timers,
  ) {
    this.#merge = merge;
    this.#write = write;
    this.#timers = timers;
  }

  /** Adds a note about `id`, which is written within about a second. */
  note(id: string, note: Note): void {
    const earlier = this.#notes.get(id);
    this.#notes.set(id, earlier === undefined ? note : this.#merge(earlier, note));
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void this.#timers.sleep(1000).then(() => {
      this.#isWaiting = false;
      return this.flush();
    });
  }

  /**
   * Writes the pending notes now, and waits for a write in progress, so that the store may close afterwards. Never
   * rejects: a failing store only loses notes.
   */
  flush(): Promise<void> {
    this.#written = this.#written.then(async () => {
      const notes = this.#notes;
      if (notes.size === 0) return;
      this.#notes = new Map();
      await this.#write(notes).catch(() => undefined);
    });
    return this.#written;
  }
}
