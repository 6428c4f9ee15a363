import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

/** How often buffered lines are written at the latest (ms). */
const flushEvery = 250;

/**
 * Structured logs on standard output. Lines are gathered and written a few thousand bytes at a time: a write
 * for each line costs more than the request that it tells of. `flush` writes what waits, before the end.
 */
export function createLog(level: string): { log: Logger; flush: () => void } {
  const destination = pino.destination({ dest: 1, sync: false, minLength: 8192 });
  const flush = () => {
    try {
      destination.flushSync();
    } catch {
      // Standard output is closed, or not open yet: there is nowhere to say so.
    }
  };
  setInterval(() => destination.flush(), flushEvery).unref();
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return { log, flush };
}
