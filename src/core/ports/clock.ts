/** Milliseconds since the epoch. The core never reads the time by itself, so that tests may set it. */
export type Clock = () => number;

/** What the core needs of timers. */
export interface Timers {
  /** Calls `task` every `milliseconds` until the returned function is called. */
  every(milliseconds: number, task: () => void): () => void;
  sleep(milliseconds: number): Promise<void>;
}
