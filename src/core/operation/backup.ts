import { BlobDamaged, BlobMissing } from '../ports/content/blob-store.ts';
import type { Inventory, ShownBlob } from '../ports/content/inventory.ts';
import type { Stores } from '../ports/stores.ts';

/** Copies a blob of this size. @throws BlobMissing; BlobDamaged if it has another size */
export type CopyBlob = (key: string, size: number) => Promise<void>;

export type CopiedBlobs = {
  /** The sizes of the copied blobs by their keys (bytes). */
  sizes: Map<string, number>;
  /** Blobs that are missing or have another size. */
  lost: ShownBlob[];
};

/** How many blobs are copied at once: each waits for its sync. */
const concurrent = 16;

/** Copies every blob that a row shows. After a failure, nothing of it runs any more. */
export async function copyBlobs(inventory: Inventory, copy: CopyBlob): Promise<CopiedBlobs> {
  const copied: CopiedBlobs = { sizes: new Map(), lost: [] };
  const shown = inventory.shownBlobs()[Symbol.asyncIterator]();
  let hasFailed = false;
  const copyOne = async (blob: ShownBlob): Promise<void> => {
    try {
      await copy(blob.key, blob.size);
      copied.sizes.set(blob.key, blob.size);
    } catch (error) {
      if (!(error instanceof BlobMissing || error instanceof BlobDamaged)) throw error;
      copied.lost.push(blob);
    }
  };
  const copyMany = async (): Promise<void> => {
    try {
      for (let next = await shown.next(); !next.done && !hasFailed; next = await shown.next())
        await copyOne(next.value);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: concurrent }, copyMany));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return copied;
}

/**
 * Removes from a copy of a database the rows whose blobs were removed while they were copied: their content was deleted
 * or has expired since the copy of the database.
 *
 * @param original The database that was copied.
 * @returns Blobs that its rows still show: they are damaged, and their rows stay. And the keys of copied blobs that
 *   belonged to the removed rows.
 */
export async function removeDeleted(
  copy: Pick<Stores, 'inventory' | 'payloads' | 'objects' | 'uploads'>,
  original: Pick<Inventory, 'ownersOf'>,
  { sizes, lost }: CopiedBlobs,
): Promise<{ damaged: ShownBlob[]; unshown: string[] }> {
  const keys = lost.map(({ key }) => key);
  const stillShown = new Set((await original.ownersOf(keys)).map(({ key }) => key));
  const damaged = lost.filter(({ key }) => stillShown.has(key));
  const owners = await copy.inventory.ownersOf(keys.filter((key) => !stillShown.has(key)));
  if (owners.length === 0) return { damaged, unshown: [] };
  const removal = {
    payload: (id: string) => copy.payloads.remove(id, startOfTime),
    object: (id: string) => copy.objects.remove(id, startOfTime),
    upload: (id: string) => copy.uploads.abort(id, startOfTime),
  };
  for (const { kind, id } of owners) await removal[kind](id);
  const unshown = new Set(sizes.keys());
  for await (const { key } of copy.inventory.shownBlobs()) unshown.delete(key);
  return { damaged, unshown: [...unshown] };
}

/** A time at which no row has expired: also expired rows are removed. */
const startOfTime = 0;
