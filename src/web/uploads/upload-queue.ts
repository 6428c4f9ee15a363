import { type Client, NetworkError } from '../../client/index.ts';
import { keepPaste } from '../kept/pastes.ts';
import { Rate } from './rate.ts';
import { send } from './send.ts';
import { type Item, isUnderWay, type Terms, type Upload, type UploadStatus } from './upload.ts';

/** More at once would only divide the same line. */
const mostAtOnce = 3;

/** Uploads, some under way and the others waiting for their turn. */
export class UploadQueue {
  readonly #clientFor: (key: string) => Client;
  readonly #changed: (uploads: Upload[]) => void;
  readonly #aborts = new Map<number, AbortController>();
  #uploads: Upload[] = [];
  #lastId = 0;

  /**
   * @param clientFor Makes the client that shows a key; '' for none.
   * @param changed Is called after every change, with all uploads as they are then.
   */
  constructor(clientFor: (key: string) => Client, changed: (uploads: Upload[]) => void) {
    this.#clientFor = clientFor;
    this.#changed = changed;
  }

  add(items: Item[], terms: Terms): void {
    const added = items.map((item): Upload => {
      this.#lastId += 1;
      return { id: this.#lastId, item, terms, status: { is: 'waiting' } };
    });
    this.#replace([...this.#uploads, ...added]);
    this.#begin();
  }

  cancel(id: number): void {
    this.#aborts.get(id)?.abort();
    this.#set(id, { is: 'cancelled' });
    this.#begin();
  }

  retry(id: number): void {
    this.#set(id, { is: 'waiting' });
    this.#begin();
  }

  /** Tries those again that no answer came to: the network is back. */
  retryUnanswered(): void {
    for (const { id, status } of this.#uploads)
      if (status.is === 'failed' && status.error instanceof NetworkError) this.retry(id);
  }

  remove(id: number): void {
    this.#replace(this.#uploads.filter((upload) => upload.id !== id));
  }

  /** Takes all out, and ends what is under way. */
  clear(): void {
    for (const { id } of this.#uploads.filter(isUnderWay)) this.#aborts.get(id)?.abort();
    this.#replace([]);
  }

  #begin(): void {
    for (const upload of this.#uploads) {
      if (this.#aborts.size >= mostAtOnce) return;
      if (upload.status.is === 'waiting' && !this.#aborts.has(upload.id)) void this.#run(upload);
    }
  }

  async #run({ id, item, terms }: Upload): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    const rate = new Rate();
    let running = { is: 'running' as const, sent: 0, total: item.content.size, bytesPerSecond: undefined };
    const run = (change: Partial<UploadStatus>) => {
      if (abort.signal.aborted) return;
      running = { ...running, ...change } as typeof running;
      this.#set(id, running);
    };
    run({});
    try {
      const paste = await send(this.#clientFor(terms.key), item, terms, {
        signal: abort.signal,
        onProgress: ({ sent, total = item.content.size }) =>
          run({ sent, total, bytesPerSecond: rate.observe(sent, Date.now()), pause: undefined }),
        onRetry: ({ delayMs, error }) =>
          run({ bytesPerSecond: undefined, pause: { until: Date.now() + delayMs, error } }),
      });
      this.#set(id, { is: 'done', paste, isKept: keepPaste(paste) });
    } catch (error) {
      if (!abort.signal.aborted) this.#set(id, { is: 'failed', error });
    } finally {
      this.#aborts.delete(id);
      this.#begin();
    }
  }

  #set(id: number, status: UploadStatus): void {
    this.#replace(this.#uploads.map((upload) => (upload.id === id ? { ...upload, status } : upload)));
  }

  #replace(uploads: Upload[]): void {
    this.#uploads = uploads;
    this.#changed(uploads);
  }
}
