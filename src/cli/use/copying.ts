import type { Client } from '../../client/index.ts';

export type CopyOptions = { url?: string; recursive?: boolean; ttl?: string; type?: string };

/** What all copies of a call have in common. */
export type Copying = {
  objects: Client['objects'];
  options: CopyOptions;
  signal: AbortSignal;
  /** The longest object that there may be (bytes), where the server tells it. */
  longest: () => Promise<number | undefined>;
};
