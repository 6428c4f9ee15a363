import { requestTimeout } from '../failure.ts';
import { patienceFor } from './pace.ts';

/**
 * A small body that the runtime reads at once, which costs less than a stream: most bodies are. Nobody sees how much
 * of it has come, so that all of it counts as memory from the beginning.
 */
export class SmallBody {
  readonly client: string;
  /** The announced length (bytes). */
  readonly length: number;
  /** Makes the reader give it up; undefined where nobody reads. */
  giveUp: ((failure: Error) => void) | undefined;
  readonly #deadline: number;
  readonly #onEnd: (body: SmallBody) => void;

  constructor(client: string, length: number, now: number, onEnd: (body: SmallBody) => void) {
    this.client = client;
    this.length = length;
    this.#deadline = now + patienceFor(length);
    this.#onEnd = onEnd;
  }

  /** Ends the wait for one that comes too slowly. */
  check(now: number): void {
    if (now >= this.#deadline) this.giveUp?.(requestTimeout());
  }

  /** Gives back its memory: once, when its request is answered. */
  end(): void {
    this.#onEnd(this);
  }
}
