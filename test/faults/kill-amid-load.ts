import { setTimeout as sleep } from 'node:timers/promises';
import type { MayflyProcess } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';

/**
 * Kills a server during its clients' calls, at an arbitrary moment, and waits until all clients have noticed.
 *
 * @param isUnderWay Whether enough has been acknowledged that something could be lost.
 * @param lasts How long the load continues at most after that (ms).
 */
export async function killAmidLoad(
  mayfly: MayflyProcess,
  load: Promise<void>[],
  isUnderWay: () => boolean,
  lasts: number,
): Promise<void> {
  await waitFor('the first acknowledgements', isUnderWay, { timeoutMs: 60_000 });
  // A fixed time instead of a condition, because the moment of the kill must be arbitrary.
  await sleep(lasts * Math.random());
  await mayfly.kill();
  await Promise.all(load);
}

/**
 * Lets a client's round end when its connection fails.
 *
 * @throws The caught error if it is an unexpected response: its message begins with the status
 */
export function expectBrokenOff(error: unknown): void {
  if (error instanceof Error && /^\d{3} /.test(error.message)) throw error;
}
