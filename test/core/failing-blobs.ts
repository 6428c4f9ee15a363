import { storeAway } from '../../src/core/failure.ts';
import type { BlobStore, ByteRange } from '../../src/core/ports/blob-store.ts';

/** A real blob store that can be told to be away. */
export class FailingBlobs implements BlobStore {
  away = false;
  /** Called when a write is about to begin: before any byte of it is stored. */
  onWrite: (key: string) => void | Promise<void> = () => undefined;
  /** Keys whose removal was asked for, whether or not it succeeded. */
  readonly removals: string[] = [];
  readonly #real: BlobStore;

  constructor(real: BlobStore) {
    this.#real = real;
  }

  async write(key: string, chunks: AsyncIterable<Uint8Array>, size?: number): Promise<void> {
    await this.onWrite(key);
    this.#check();
    await this.#real.write(key, chunks, size);
  }

  async open(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    this.#check();
    return this.#real.open(key, range);
  }

  async remove(key: string): Promise<void> {
    this.removals.push(key);
    this.#check();
    await this.#real.remove(key);
  }

  freeSpace(): Promise<number | undefined> {
    return this.#real.freeSpace();
  }

  async ping(): Promise<void> {
    this.#check();
  }

  #check(): void {
    if (this.away) throw storeAway(new Error('told to be away'));
  }
}
