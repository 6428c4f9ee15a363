import type { Timers } from './ports/clock.ts';

/**
 * Gathers notes that are worth keeping but not worth a commit each, such as how often something was read, and
 * writes those of a second together. What a crash takes with it is at most that second.
 */
export class Tally<Note> {
  readonly #merge: (earlier: Note, later: Note) => Note;
  readonly #write: (notes: Map<string, Note>) => Promise<void>;
  readonly #timers: Timers;
  #notes = new Map<string, Note>();
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

  /** Takes a note about `id`; it is written within about a second. */
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

  /** Writes what waits, now. Never rejects: a store that is away loses notes, and nothing else. */
  async flush(): Promise<void> {
    const notes = this.#notes;
    if (notes.size === 0) return;
    this.#notes = new Map();
    await this.#write(notes).catch(() => undefined);
  }
}
