import type { Client } from '../../../client/index.ts';
import type { Environment } from '../settings.ts';
import type { Destination } from './destination.ts';

/** A read of a payload, and where its content goes. */
export type Reading = {
  environment: Environment;
  payloads: Client['payloads'];
  id: string;
  signal: AbortSignal;
  destination: Destination;
  /** Whether the output was named, as by `-o -`: then even a terminal gets the bytes unchanged. */
  asIs: boolean;
};
