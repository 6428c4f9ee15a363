import { createHash, type Hash } from 'node:crypto';
import { BlobDamaged, BlobMissing, type BlobStore } from '../../ports/content/blob-store.ts';
import { type MovedRow, MoveRefused, type MoveTarget } from '../../ports/moving.ts';

/** How many blobs are copied at once. */
const copiesAtOnce = 8;

type Blob = { key: string; size: number };

type MovedBlobsDeps = {
  from: BlobStore;
  to: BlobStore;
  target: Pick<MoveTarget, 'expectBlobs' | 'blobsCopied'>;
};

/**
 * Copies blobs under their keys to another store. A row is written to the target only after its blobs: at every moment
 * each row there has its content. Keys are never used again, so a blob is copied once.
 */
export class MovedBlobs {
  readonly #deps: MovedBlobsDeps;
  /** Keys of rows whose blob is missing or damaged. The row may have been removed since it was read. */
  readonly unreadable = new Set<string>();
  /** Copied blobs and their bytes. */
  readonly counts = { blobs: 0, bytes: 0 };

  constructor(deps: MovedBlobsDeps) {
    this.#deps = deps;
  }

  /** Copies the blobs that these rows need and that are not copied yet. */
  async copyFor(rows: MovedRow[]): Promise<void> {
    const { target } = this.#deps;
    const blobs = new Map(rows.flatMap(blobOf).map((blob) => [blob.key, blob]));
    if (blobs.size === 0) return;
    const keys = await target.expectBlobs([...blobs.keys()]);
    const waiting = keys.flatMap((key) => blobs.get(key) ?? []);
    const copied: string[] = [];
    const work = async () => {
      for (let blob = waiting.shift(); blob !== undefined; blob = waiting.shift())
        if (await this.#copy(blob)) copied.push(blob.key);
    };
    const results = await Promise.allSettled(Array.from({ length: copiesAtOnce }, work));
    await target.blobsCopied(copied);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** @returns Whether the blob could be read. */
  async #copy({ key, size }: Blob): Promise<boolean> {
    const { from, to } = this.#deps;
    const original = await from.open(key, undefined, size).catch(ifUnreadable);
    if (original === undefined) {
      this.unreadable.add(key);
      return false;
    }
    const hash = createHash('sha256');
    await to.write(key, hashed(original, hash), size);
    const copyHash = createHash('sha256');
    for await (const _ of hashed(await to.open(key), copyHash));
    if (!hash.digest().equals(copyHash.digest()))
      throw new MoveRefused(`the copy of blob ${key.slice(0, 8)}… differs from the original: try again`);
    this.counts.blobs += 1;
    this.counts.bytes += size;
    return true;
  }
}

function blobOf({ blob_key: key, size, declared_size: declaredSize }: MovedRow): Blob[] {
  return typeof key === 'string' ? [{ key, size: Number(size ?? declaredSize) }] : [];
}

function ifUnreadable(error: unknown): undefined {
  if (!(error instanceof BlobMissing || error instanceof BlobDamaged)) throw error;
}

async function* hashed(stream: ReadableStream<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
    // First, because the consumer may free the memory of the chunk.
    hash.update(chunk);
    yield chunk;
  }
}
