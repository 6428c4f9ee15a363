import type { DirectUploads } from '../files/direct-uploads.ts';
import type { WatermarkStore } from './watermark-store.ts';

/** The bytes from `start` to `end`, both inclusive, as in HTTP. */
export type ByteRange = { start: number; end: number };

/** `size` is undefined for an incomplete blob. */
export type ListedBlob = { key: string; size: number | undefined };

/** Whether this has the form of a blob key: 32 lowercase hex digits. A store may contain unrelated files or objects. */
export function isBlobKey(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{32}$/.test(text);
}

/** There is no blob under the key. */
export class BlobMissing extends Error {
  constructor() {
    super('blob missing');
    this.name = 'BlobMissing';
  }
}

/** A blob has the wrong size. It must not be served. */
export class BlobDamaged extends Error {
  constructor(key: string, size: number, actual: number | undefined) {
    super(
      `blob ${key.slice(0, 8)}… has ${actual ?? 'unknown'} bytes instead of ${size}: run \`mayfly check\``,
    );
    this.name = 'BlobDamaged';
  }
}

/**
 * Bytes of an open file. A runtime may read it as a stream, or have the system send the file; then it cancels the
 * stream, which closes the file.
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
 * Bytes under opaque keys, each used only once. All methods throw Failure `store_away` if the store does not answer,
 * and `no_room` if it is full.
 */
export interface BlobStore {
  /**
   * Writes all of `chunks`, with backpressure. Resolves when the bytes are durable. The store takes ownership of the
   * chunks and may free their memory. Rethrows an error of `chunks`; the caller then calls `remove` for what may be
   * left under the key.
   *
   * @param size The exact size, if known (bytes).
   */
  write(key: string, chunks: AsyncIterable<Uint8Array>, size?: number): Promise<void>;

  /**
   * Copies a blob within the store. Resolves when the copy is durable. The copy does not depend on the original.
   *
   * @throws BlobMissing
   */
  copy(from: string, to: string): Promise<void>;

  /**
   * Opens a blob for reading. An open blob can be read to the end even if it is removed in the meantime.
   *
   * @param size The size of the whole blob, if known (bytes).
   * @throws BlobMissing; BlobDamaged if the blob does not have `size` bytes
   */
  open(key: string, range?: ByteRange, size?: number): Promise<ReadableStream<Uint8Array>>;

  /**
   * Removes a complete or incomplete blob. Idempotent: a missing blob is not an error.
   *
   * @param directUploadId The store's id of an upload in parts under the key, if known.
   */
  remove(key: string, directUploadId?: string | null): Promise<void>;

  /**
   * Brings back a blob that was removed, if the store still has it. Only of a store that may keep removed blobs.
   *
   * @returns Whether it did.
   */
  recover?(key: string): Promise<boolean>;

  /** All blobs, complete or not. In no order; a blob may be listed more than once. */
  list(): AsyncIterable<ListedBlob>;

  /** Set if clients can write to the store directly. */
  readonly direct?: DirectUploads;

  /** The watermark of a database. Only of a store that several servers can share. */
  watermarkOf?(databaseId: string): WatermarkStore;

  /** The free space in bytes; undefined if unknown. */
  freeSpace(): Promise<number | undefined>;

  /** Resolves if the store answers. */
  ping(): Promise<void>;
}
