import { storeAway } from '../../src/core/failure.ts';
import type { BlobStore, ByteRange, ListedBlob } from '../../src/core/ports/content/blob-store.ts';
import type { DirectUploads } from '../../src/core/ports/files/direct-uploads.ts';

/** A real blob store that can be made unavailable. */
export class FailingBlobs implements BlobStore {
  away = false;
  /** Called before a write stores its first byte. */
  onWrite: (key: string) => void | Promise<void> = () => undefined;
  /** Keys whose removal was tried, whether or not it succeeded. */
  readonly removals: string[] = [];
  readonly #real: BlobStore;

  readonly direct?: DirectUploads;

  constructor(real: BlobStore) {
    this.#real = real;
    if (real.direct) this.direct = this.#failing(real.direct);
  }

  async write(key: string, chunks: AsyncIterable<Uint8Array>, size?: number): Promise<void> {
    await this.onWrite(key);
    this.#check();
    await this.#real.write(key, chunks, size);
  }

  async copy(from: string, to: string): Promise<void> {
    this.#check();
    await this.#real.copy(from, to);
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

  async *list(): AsyncGenerator<ListedBlob> {
    this.#check();
    yield* this.#real.list();
  }

  freeSpace(): Promise<number | undefined> {
    return this.#real.freeSpace();
  }

  async ping(): Promise<void> {
    this.#check();
  }

  /** URLs are signed without the store, so also while it is unavailable. */
  #failing(direct: DirectUploads): DirectUploads {
    const checked =
      <Arguments extends unknown[], Result>(call: (...given: Arguments) => Promise<Result>) =>
      async (...given: Arguments) => {
        this.#check();
        return call(...given);
      };
    return {
      presignPut: (...given) => direct.presignPut(...given),
      presignPart: (...given) => direct.presignPart(...given),
      inspect: checked((key) => direct.inspect(key)),
      copy: checked((from, version, to) => direct.copy(from, version, to)),
      startParts: checked((key, mediaType) => direct.startParts(key, mediaType)),
      writePart: checked((...given) => direct.writePart(...given)),
      setCrossOriginRule: checked(() => direct.setCrossOriginRule()),
      completeParts: checked((key, uploadId, parts) => direct.completeParts(key, uploadId, parts)),
    };
  }

  #check(): void {
    if (this.away) throw storeAway(new Error('made unavailable by the test'));
  }
}
