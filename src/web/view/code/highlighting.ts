import { TimedWorker } from '../timed-worker.ts';
import { workerAddress } from '../worker-addresses.ts';
import type { Highlighted, HighlightOrder } from './highlight-worker.ts';

/** What is longer is shown as plain text (characters). */
export const mostHighlighted = 1_000_000;
/** What is longer has no guess made of its language (characters). */
export const mostGuessed = 100_000;

const worker = new TimedWorker<HighlightOrder, Highlighted>(() => workerAddress('highlight-worker'));

/**
 * Finds the tokens of a source text, in a worker, so that the page does not wait.
 *
 * @param language A name of `syntaxes`; without one it is guessed.
 * @returns undefined where that cannot be done here, or not within a second
 */
export function highlight(text: string, language: string | undefined): Promise<Highlighted | undefined> {
  return worker.ask({ text, ...(language !== undefined && { language }) });
}
