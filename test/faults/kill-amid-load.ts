import { setTimeout as sleep } from 'node:timers/promises';
import type { MayflyProcess } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';

/**
 * Kills a server among its users, at no particular moment, and waits until they have all noticed.
 *
 * @param isUnderWay Whether enough has been acknowledged for something to be lost.
 * @param lasts How long it goes on at most after that (ms).
 */
export async function killAmidLoad(
  mayfly: MayflyProcess,
  load: Promise<void>[],
  isUnderWay: () => boolean,
  lasts: number,
): Promise<void> {
  await waitFor('the first acknowledgements', isUnderWay, { timeoutMs: 60_000 });
  // Not a condition: the kill has to come at no particular moment.
  await sleep(lasts * Math.random());
  await mayfly.kill();
  await Promise.all(load);
}

/**
 * Lets a user's round end where its connection broke off.
 *
 * @throws What was caught, where it is an answer that nobody expected: its message begins with the status
 */
export function expectBrokenOff(error: unknown): void {
  if (error instanceof Error && /^\d{3} /.test(error.message)) throw error;
}
