/** A part that can be asked whether it answers. */
export type Probe = {
  name: string;
  /** Whether the service can do without it for a while. */
  dispensable: boolean;
  /** Where it is, for the log: a host and port, or a file. Without credentials. */
  where?: string;
  /** @throws What keeps it from its work: `Unhealthy` where it answers all the same. */
  ping(): Promise<void>;
};

/** A part answers and cannot do its work: it has no room left, or what it holds is damaged. */
export class Unhealthy extends Error {
  readonly state: 'full' | 'damaged';

  constructor(state: 'full' | 'damaged', message: string, cause?: unknown) {
    super(message, { cause });
    this.state = state;
  }
}
