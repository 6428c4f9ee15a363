/** A component whose health can be checked. */
export type Probe = {
  name: string;
  /** Whether the server can work without it for a while. */
  dispensable: boolean;
  /** Whether the server reports that it is degraded while it works without it. */
  degrades?: boolean;
  /** Its location for the log: a host and port, or a file. Without credentials. */
  where?: string;
  /** @throws The reason why it cannot work: `Unhealthy` if it answers but cannot work */
  ping(): Promise<void>;
};

/** A component answers but cannot work: it is full, damaged or moved, a clock is wrong, or a restore is not complete. */
export class Unhealthy extends Error {
  readonly state: 'full' | 'damaged' | 'moved' | 'wrong' | 'restored';

  constructor(state: Unhealthy['state'], message: string, cause?: unknown) {
    super(message, { cause });
    this.state = state;
  }
}
