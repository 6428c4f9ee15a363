import type { Client } from '../../client/index.ts';
import type { Destination } from './destination.ts';
import type { Environment } from './settings.ts';

/** A payload that is being read, and where its content goes. */
export type Reading = {
  environment: Environment;
  payloads: Client['payloads'];
  id: string;
  signal: AbortSignal;
  destination: Destination;
  /** Whether stdout was named, as by `-o -`: then a terminal is given the bytes as they are. */
  asIs: boolean;
};
