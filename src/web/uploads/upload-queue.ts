import { type Client, NetworkError } from '../../client/index.ts';
import { keepPaste } from '../kept/pastes.ts';
import { send } from './send.ts';
import { type Item, isActive, type Terms, type Upload, type UploadStatus } from './upload.ts';

/** More uploads at once would only share the same bandwidth. */
const maxConcurrent = 3;

/** The window of the average (milliseconds): it follows the network without short fluctuations. */
const windowMs = 5000;

/** The recent speed of an upload. */
class Rate {
  #samples: { at: number; bytes: number }[] = [];

  /** @returns bytes per second; undefined until there are enough samples */
  observe(bytes: number, at: number): number | undefined {
    // The count falls if bytes have to be sent again, and the measurement restarts.
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) > windowMs) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || at - first.at < 500) return undefined;
    return ((bytes - first.bytes) / (at - first.at)) * 1000;
  }
}

/** Runs uploads, a few at a time. */
export class UploadQueue {
  readonly #clientFor: (key: string) => Client;
  readonly #onChange: (uploads: Upload[]) => void;
  readonly #aborts = new Map<number, AbortController>();
  #uploads: Upload[] = [];
  #lastId = 0;

  /**
   * @param clientFor Creates a client with a payload key; '' for none.
   * @param onChange Is called with all uploads after every change.
   */
  constructor(clientFor: (key: string) => Client, onChange: (uploads: Upload[]) => void) {
    this.#clientFor = clientFor;
    this.#onChange = onChange;
  }

  add(items: Item[], terms: Terms): void {
    const added = items.map((item): Upload => {
      this.#lastId += 1;
      return { id: this.#lastId, item, terms, status: { is: 'waiting' } };
    });
    this.#replace([...this.#uploads, ...added]);
    this.#startNext();
  }

  cancel(id: number): void {
    this.#aborts.get(id)?.abort();
    this.#set(id, { is: 'cancelled' });
    this.#startNext();
  }

  retry(id: number): void {
    this.#set(id, { is: 'waiting' });
    this.#startNext();
  }

  /** Retries the uploads that failed by a network error. */
  retryNetworkErrors(): void {
    for (const { id, status } of this.#uploads)
      if (status.is === 'failed' && status.error instanceof NetworkError) this.retry(id);
  }

  remove(id: number): void {
    this.#replace(this.#uploads.filter((upload) => upload.id !== id));
  }

  /** Removes all uploads, and aborts those that run. */
  clear(): void {
    for (const { id } of this.#uploads.filter(isActive)) this.#aborts.get(id)?.abort();
    this.#replace([]);
  }

  #startNext(): void {
    for (const upload of this.#uploads) {
      if (this.#aborts.size >= maxConcurrent) return;
      if (upload.status.is === 'waiting' && !this.#aborts.has(upload.id)) void this.#run(upload);
    }
  }

  async #run({ id, item, terms }: Upload): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    const rate = new Rate();
    let running = { is: 'running' as const, sent: 0, total: item.content.size, bytesPerSecond: undefined };
    const update = (change: Partial<UploadStatus>) => {
      if (abort.signal.aborted) return;
      running = { ...running, ...change } as typeof running;
      this.#set(id, running);
    };
    update({});
    try {
      const paste = await send(this.#clientFor(terms.key), item, terms, {
        signal: abort.signal,
        onProgress: ({ sent, total = item.content.size }) =>
          update({ sent, total, bytesPerSecond: rate.observe(sent, Date.now()), pause: undefined }),
        onRetry: ({ delayMs, error }) =>
          update({ bytesPerSecond: undefined, pause: { until: Date.now() + delayMs, error } }),
      });
      this.#set(id, { is: 'done', paste, isKept: keepPaste(paste) });
    } catch (error) {
      if (!abort.signal.aborted) this.#set(id, { is: 'failed', error });
    } finally {
      this.#aborts.delete(id);
      this.#startNext();
    }
  }

  #set(id: number, status: UploadStatus): void {
    this.#replace(this.#uploads.map((upload) => (upload.id === id ? { ...upload, status } : upload)));
  }

  #replace(uploads: Upload[]): void {
    this.#uploads = uploads;
    this.#onChange(uploads);
  }
}
