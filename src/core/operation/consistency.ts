import type { BlobJournal } from '../ports/blob-journal.ts';
import { BlobMissing, type BlobStore } from '../ports/blob-store.ts';
import type { Inventory, ShownBlob } from '../ports/inventory.ts';

/** What a check found wrong; empty lists where all is well. */
type ConsistencyReport = {
  /** What is damaged in the database's file. Nothing else is looked at then: its rows cannot be relied on. */
  damage: string[];
  /** How many rows with a blob were looked at, and how many blobs. */
  rows: number;
  blobs: number;
  /** Rows whose bytes are not there, and rows whose bytes are of another length. */
  missing: ShownBlob[];
  wrongSize: ShownBlob[];
  /** Blobs that neither a row nor the journal knows of. */
  orphans: string[];
  /** Payloads and objects in parts that have not all of them, and parts of nobody. */
  wrongParts: string[];
  /** Accounts, or the whole server, whose usage is not the sum of what they hold. */
  wrongUsage: string[];
};

/** How many blobs are looked up together. */
const batch = 500;

/**
 * Compares rows with bytes, both ways, and the usage that is kept with the sum of what is stored. May run beside
 * a server: what looks wrong is looked at once more, since rows and blobs come and go meanwhile.
 */
export async function checkConsistency(
  inventory: Inventory,
  blobs: BlobStore,
  journal: BlobJournal,
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
    const found = await lookAgain(inventory, blobs, shown);
    if (found === 'missing') report.missing.push(shown);
    if (found === 'wrong size') report.wrongSize.push(shown);
  }
  for (const keys of batches([...unknown], batch)) {
    const journaled = await journal.known(keys);
    for (const key of keys)
      if (!journaled.has(key) && !(await inventory.isShown(key)) && (await isThere(blobs, key)))
        report.orphans.push(key);
  }
  report.wrongParts = await inventory.wrongParts();
  report.wrongUsage = await inventory.wrongUsage();
  return report;
}

/** A blob may have come after the list was made, and a row may be gone by now. */
async function lookAgain(
  inventory: Inventory,
  blobs: BlobStore,
  { key, size }: ShownBlob,
): Promise<'well' | 'missing' | 'wrong size'> {
  const length = await lengthOf(blobs, key);
  if (length === size || !(await inventory.isShown(key))) return 'well';
  return length === undefined ? 'missing' : 'wrong size';
}

async function isThere(blobs: BlobStore, key: string): Promise<boolean> {
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
