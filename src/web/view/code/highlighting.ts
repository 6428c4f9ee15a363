import { TimedWorker } from '../timed-worker.ts';
import { workerUrl } from '../worker-urls.ts';
import type { Highlighted, HighlightRequest } from './highlight-worker.ts';

/** Longer texts are shown as plain text (characters). */
export const maxHighlightedLength = 1_000_000;
/** The language of longer texts is not guessed (characters). */
export const maxGuessedLength = 100_000;

const worker = new TimedWorker<HighlightRequest, Highlighted>(() => workerUrl('highlight-worker'));

/**
 * Finds the tokens of a source text in a worker, so that the page does not hang.
 *
 * @param language A name of `syntaxes`; without one it is guessed.
 * @returns undefined if no worker can run, or it takes longer than a second
 */
export function highlight(text: string, language: string | undefined): Promise<Highlighted | undefined> {
  return worker.run({ text, ...(language !== undefined && { language }) });
}
