import { workerAddress } from '../worker-addresses.ts';
import type { Highlighted, HighlightOrder } from './highlight-worker.ts';

/** What is longer is shown as plain text (characters). */
export const mostHighlighted = 1_000_000;
/** What is longer has no guess made of its language (characters). */
export const mostGuessed = 100_000;

/** A text on which the rules of a language take longer than this is shown without colours (milliseconds). */
const patience = 15_000;

type Waiting = {
  resolve: (highlighted: Highlighted | undefined) => void;
  timer: ReturnType<typeof setTimeout>;
};

let worker: Worker | undefined;
let lastId = 0;
const waiting = new Map<number, Waiting>();

/**
 * Finds the tokens of a source text, in a worker, so that the page does not wait.
 *
 * @param language A name of `syntaxes`; without one it is guessed.
 * @returns undefined where that cannot be done here, or not in time
 */
export function highlight(text: string, language: string | undefined): Promise<Highlighted | undefined> {
  lastId += 1;
  const order: HighlightOrder = { id: lastId, text, ...(language !== undefined && { language }) };
  return new Promise((resolve) => {
    const timer = setTimeout(giveUp, patience);
    waiting.set(order.id, { resolve, timer });
    try {
      worker ??= start();
      worker.postMessage(order);
    } catch {
      giveUp();
    }
  });
}

function start(): Worker {
  const started = new Worker(workerAddress('highlight-worker'), { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<Highlighted>) => settle(data.id, data));
  started.addEventListener('error', giveUp);
  return started;
}

function settle(id: number, highlighted: Highlighted | undefined): void {
  const found = waiting.get(id);
  waiting.delete(id);
  clearTimeout(found?.timer);
  found?.resolve(highlighted);
}

/** Ends the worker; the next text has one of its own. */
function giveUp(): void {
  worker?.terminate();
  worker = undefined;
  for (const id of [...waiting.keys()]) settle(id, undefined);
}
