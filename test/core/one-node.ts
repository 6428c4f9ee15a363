import { Staleness } from '../../src/core/staleness.ts';
import { noTimers } from './soon-timers.ts';

/** The staleness of a database that one node uses: there is none. */
export const oneNode = new Staleness(undefined, noTimers);
