/** Milliseconds since the epoch. The core reads the time only here, so that tests can set it. */
export type Clock = () => number;

export interface Timers {
  /** Calls `task` every `milliseconds` until the returned function is called. */
  every(milliseconds: number, task: () => void): () => void;
  sleep(milliseconds: number): Promise<void>;
}
