import type { DirectUploads } from './direct-uploads.ts';

/** The bytes from `start` to `end`, both included, as HTTP counts them. */
export type ByteRange = { start: number; end: number };

/** `size` is undefined for what was not written whole. */
export type ListedBlob = { key: string; size: number | undefined };

/** Whether this can be the key of a blob: 32 lowercase hex digits. A store may hold files or objects of others. */
export function isBlobKey(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{32}$/.test(text);
}

/** What lies under a key is gone, or never was. */
export class BlobMissing extends Error {
  constructor() {
    super('blob missing');
    this.name = 'BlobMissing';
  }
}

/** A blob has lost bytes, or has some that were never written to it. Nothing of it may be served as whole. */
export class BlobDamaged extends Error {
  constructor(key: string, size: number, actual: number | undefined) {
    super(
      `blob ${key.slice(0, 8)}… has ${actual ?? 'unknown'} bytes instead of ${size}: run \`mayfly check\``,
    );
    this.name = 'BlobDamaged';
  }
}

/**
 * Bytes of an open file. They are read as any stream is; but a runtime may have the system send them from the
 * file by itself. Whoever does so cancels the stream, which closes the file.
 */
export class FileStream extends ReadableStream<Uint8Array> {
  readonly descriptor: number;
  readonly range: ByteRange | undefined;

  constructor(descriptor: number, range: ByteRange | undefined, source: UnderlyingDefaultSource<Uint8Array>) {
    super(source, { highWaterMark: 0 });
    this.descriptor = descriptor;
    this.range = range;
  }
}

/**
 * Bytes under opaque keys that are never used twice. Failures are `Failure`s: `store_away` where the store
 * does not answer, `no_room` where it is full.
 */
export interface BlobStore {
  /**
   * Writes the whole of `chunks`, with backpressure. Resolves when the bytes would survive a power cut.
   * The chunks are the store's from then on: it may free their memory.
   * If `chunks` fails, their own error is thrown, and what may be left under the key is for `remove`.
   *
   * @param size The exact number of bytes, where it is known.
   */
  write(key: string, chunks: AsyncIterable<Uint8Array>, size?: number): Promise<void>;

  /**
   * Copies a blob within the store. Resolves when the copy would survive a power cut; it does not end with the
   * blob that it was made of.
   *
   * @throws BlobMissing where nothing is under `from`
   */
  copy(from: string, to: string): Promise<void>;

  /**
   * Opens bytes for reading; once open they can be read to the end, also when the key is removed meanwhile.
   *
   * @param size How many bytes the blob has, where that is known.
   * @throws BlobMissing; BlobDamaged where it does not have `size` bytes
   */
  open(key: string, range?: ByteRange, size?: number): Promise<ReadableStream<Uint8Array>>;

  /**
   * Removes what is under a key, whole or half-written. Missing is fine: every step can be repeated.
   *
   * @param directUploadId The store's own id of an upload in parts under the key, where it is known.
   */
  remove(key: string, directUploadId?: string | null): Promise<void>;

  /** Every key that something is under, written whole or not; in no order, each at least once. */
  list(): AsyncIterable<ListedBlob>;

  /** Where clients can write to the store straight. */
  readonly direct?: DirectUploads;

  /** Bytes free for new content, or undefined where the store does not tell. */
  freeSpace(): Promise<number | undefined>;

  /** Resolves if the store answers. */
  ping(): Promise<void>;
}
