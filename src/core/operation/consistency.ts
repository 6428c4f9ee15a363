import type { BlobJournal } from '../ports/content/blob-journal.ts';
import { BlobMissing, type BlobStore } from '../ports/content/blob-store.ts';
import type { Inventory, ShownBlob } from '../ports/content/inventory.ts';

/** The problems that a check found. All lists are empty if there are none. */
type ConsistencyReport = {
  /** Damage in the database file. Then nothing else is checked, since rows are unreliable. */
  damage: string[];
  /** The number of checked rows with a blob, and of checked blobs. */
  rows: number;
  blobs: number;
  /** Rows whose blob is missing, and rows whose blob has another size. */
  missing: ShownBlob[];
  wrongSize: ShownBlob[];
  /** Blobs without a row and without a journal record. */
  orphans: string[];
  /** With a repair: the number of such blobs that were entered in the journal, and of missing blobs that came back. */
  journaled?: number;
  recovered?: number;
  /** Payloads and objects with missing parts, and parts without an owner. */
  wrongParts: string[];
  /** Accounts, or the whole server, whose recorded usage is not the sum of their content. */
  wrongUsage: string[];
};

/** How many blobs are looked up in one query. */
const batch = 500;

/**
 * Compares rows with blobs in both directions, and recorded usage with stored content. May run while a server is
 * running: a problem is checked again, since rows and blobs may have changed in the meantime.
 *
 * @param repairAt If set, differences that a restore of the database causes are repaired at this time (ms since the
 *   epoch): blobs without an owner are entered in the journal, and missing blobs are recovered if the store has them.
 */
export async function checkConsistency(
  inventory: Inventory,
  blobs: BlobStore,
  journal: BlobJournal,
  repairAt?: number,
): Promise<ConsistencyReport> {
  const sizes = new Map<string, number | undefined>();
  const report: ConsistencyReport = {
    damage: await inventory.damage(),
    rows: 0,
    blobs: 0,
    missing: [],
    wrongSize: [],
    orphans: [],
    wrongParts: [],
    wrongUsage: [],
    ...(repairAt !== undefined && { journaled: 0, recovered: 0 }),
  };
  if (report.damage.length > 0) return report;
  for await (const { key, size } of blobs.list()) sizes.set(key, size);
  report.blobs = sizes.size;
  const unknown = new Set(sizes.keys());
  for await (const shown of inventory.shownBlobs()) {
    report.rows += 1;
    unknown.delete(shown.key);
    const size = sizes.get(shown.key);
    if (size === shown.size) continue;
    const found = await recheck(inventory, blobs, shown);
    if (found === 'wrong size') report.wrongSize.push(shown);
    if (found !== 'missing') continue;
    if (repairAt !== undefined && (await blobs.recover?.(shown.key)))
      report.recovered = 1 + (report.recovered ?? 0);
    else report.missing.push(shown);
  }
  for (const keys of batches([...unknown], batch)) {
    const ownerless = await withoutOwner(keys, inventory, journal);
    if (repairAt === undefined) {
      for (const key of ownerless) if (await exists(blobs, key)) report.orphans.push(key);
    } else {
      await Promise.all(ownerless.map((key) => journal.discard(key, repairAt)));
      report.journaled = ownerless.length + (report.journaled ?? 0);
    }
  }
  report.wrongParts = await inventory.wrongParts();
  report.wrongUsage = await inventory.wrongUsage();
  return report;
}

/**
 * The blobs that neither a row nor the journal has. A blob that was published between two look-ups was in the journal at
 * the first one, and one that was released is there at the last one. No row ever shows any other key.
 */
async function withoutOwner(keys: string[], inventory: Inventory, journal: BlobJournal): Promise<string[]> {
  const journaled = await journal.known(keys);
  const shown = new Set((await inventory.ownersOf(keys)).map(({ key }) => key));
  const released = await journal.known(keys);
  return keys.filter((key) => !journaled.has(key) && !shown.has(key) && !released.has(key));
}

/** A blob may have been written after the list was made, and the row may be gone. */
async function recheck(
  inventory: Inventory,
  blobs: BlobStore,
  { key, size }: ShownBlob,
): Promise<'ok' | 'missing' | 'wrong size'> {
  const length = await lengthOf(blobs, key);
  if (length === size || !(await inventory.isShown(key))) return 'ok';
  return length === undefined ? 'missing' : 'wrong size';
}

async function exists(blobs: BlobStore, key: string): Promise<boolean> {
  return (await lengthOf(blobs, key)) !== undefined;
}

async function lengthOf(blobs: BlobStore, key: string): Promise<number | undefined> {
  const stream = await blobs.open(key).catch((error: unknown) => {
    if (error instanceof BlobMissing) return undefined;
    throw error;
  });
  if (stream === undefined) return undefined;
  let length = 0;
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) length += chunk.length;
  return length;
}

function* batches<T>(items: T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
