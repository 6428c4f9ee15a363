import { Readers } from '../../src/core/content/readers.ts';
import { BlobMissing, type ByteRange } from '../../src/core/ports/content/blob-store.ts';

/** Blobs in memory that record their use. */
export class Blobs {
  readonly opened: { key: string; range: ByteRange | undefined }[] = [];
  readonly cancelled: unknown[] = [];
  readonly missing = new Set<string>();
  readonly readers: Readers;
  /** The number of open blobs, now and at most. */
  now = 0;
  most = 0;
  /** Chunks that were read. */
  pulls = 0;
  /** Awaited before a blob is open. */
  beforeOpen: (key: string) => Promise<void> = async () => undefined;
  readonly #blobs: Map<string, Uint8Array>;
  readonly #chunkSize: number;

  constructor(blobs: Uint8Array[], chunkSize: number, readers = new Readers()) {
    this.#blobs = new Map(blobs.map((bytes, index) => [String(index), bytes]));
    this.#chunkSize = chunkSize;
    this.readers = readers;
  }

  get parts() {
    return [...this.#blobs].map(([key, { length }]) => ({ key, size: length }));
  }

  /** The blobs that a reader still needs. */
  get held() {
    return this.parts.map(({ key }) => key).filter((key) => this.readers.isHeld(key));
  }

  readonly open = async (key: string, range?: ByteRange) => {
    await this.beforeOpen(key);
    this.opened.push({ key, range });
    const blob = this.#blobs.get(key);
    if (blob === undefined || this.missing.has(key)) throw new BlobMissing();
    const bytes = range ? blob.subarray(range.start, range.end + 1) : blob;
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    let at = 0;
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (at < bytes.length) {
            this.pulls += 1;
            controller.enqueue(bytes.slice(at, at + this.#chunkSize));
            at += this.#chunkSize;
            return;
          }
          this.now -= 1;
          controller.close();
        },
        cancel: (reason) => {
          this.now -= 1;
          this.cancelled.push(reason);
        },
      },
      { highWaterMark: 0 },
    );
  };
}

export function blobsOf(sizes: number[], chunkSize = 4, readers?: Readers): Blobs {
  return new Blobs(
    sizes.map((size, part) => Uint8Array.from({ length: size }, (_, at) => (part * 50 + at) & 0xff)),
    chunkSize,
    readers,
  );
}
