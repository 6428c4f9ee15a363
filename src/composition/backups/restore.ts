import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import { copyBlobs } from '../../core/operation/backup.ts';
import { type Difference, differences } from '../../core/operation/deployment.ts';
import { type RestoredReport, settleRestored } from '../../core/operation/restored.ts';
import type { Inventory } from '../../core/ports/content/inventory.ts';
import { BlobCopies } from '../../stores/blobs/blob-copies.ts';
import { blobPath } from '../../stores/blobs/disk.ts';
import { copyDurably } from '../../stores/blobs/durable-file.ts';
import { deploymentOf } from '../deployment.ts';
import { DataFolder, type Place } from './data-folder.ts';
import { onCopy, schemaOfCopy } from './database-copy.ts';
import { refused } from './failure.ts';
import { Backup, type Manifest, names, useLater } from './folder.ts';

export type Restored = {
  manifest: Manifest;
  report: RestoredReport;
  /** The settings that differ from those of the server that was backed up. */
  changed: Difference[];
  /** Where existing data was moved to. */
  movedTo: string[];
};

type RestoreOptions = {
  source: string;
  /** The database of the configuration. */
  file: string;
  movesExisting: boolean;
};

/**
 * Restores a backup into the data folder of the configuration: everything or nothing. Counted and expired content is not
 * restored.
 *
 * @throws BackupFailure if the backup is damaged or of a later version, if there is data that is not to be moved, or if a
 *   process uses it
 */
export async function restoreBackup(
  config: Config,
  { source, file, movesExisting }: RestoreOptions,
): Promise<Restored> {
  const folder = new DataFolder(config, file);
  const existing = await folder.existing();
  const [first] = existing;
  if (first !== undefined && !movesExisting)
    throw refused(first, 'exists: --move-existing moves earlier data aside');
  folder.requireUnused(existing);
  const backup = await Backup.open(source);
  requireSamePlace(config, backup);
  await folder.prepare();
  try {
    const installed = await copySecret(config, backup, folder);
    const database = folder.draftOf('database');
    await copyChecked(backup, names.database, database);
    if (schemaOfCopy(database).state === 'newer')
      throw backup.refusal(`was made by Mayfly ${backup.manifest.mayfly}: ${useLater}`);
    const now = Date.now();
    const settled = await onCopy(database, async (stores) => {
      const [damage] = await stores.inventory.damage();
      if (damage !== undefined) throw backup.refusal(`has a damaged database: ${damage}`);
      const report = await settleRestored(stores, now);
      if (config.s3 === undefined) await copyBlobsOf(stores.inventory, backup, folder.draftOf('blobs'));
      return {
        report,
        changed: await differences(stores.deployment, deploymentOf(config, await secretOf(config, folder))),
      };
    });
    if (config.s3 === undefined) installed.push('blobs');
    const asideName = `before-restore-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
    const movedTo = await folder.install([...installed, 'database'], existing, asideName);
    return { manifest: backup.manifest, ...settled, movedTo };
  } finally {
    await folder.discard();
  }
}

function requireSamePlace({ s3 }: Config, backup: Backup): void {
  const { blobs } = backup.manifest;
  if (blobs === null && s3 === undefined)
    throw backup.refusal('is of a server with S3: set S3_* as on that server');
  if (blobs !== null && s3 !== undefined) throw backup.refusal('has blobs for a disk: unset S3_*');
}

async function copyChecked(backup: Backup, name: string, to: string): Promise<void> {
  await backup.require(name);
  await copyDurably(backup.pathOf(name), to);
  // A backup may have been on a disk without permissions.
  await chmod(to, 0o600);
}

/** @returns What was copied. A secret in the settings replaces that of the backup. */
async function copySecret({ secret }: Config, backup: Backup, folder: DataFolder): Promise<Place[]> {
  if (secret !== undefined || !backup.has(names.secret)) return [];
  await copyChecked(backup, names.secret, folder.draftOf('secret'));
  return ['secret'];
}

/** The secret of the restored server; empty if it will create one. */
async function secretOf({ secret }: Config, folder: DataFolder): Promise<string> {
  return secret ?? (await readFile(folder.draftOf('secret'), 'utf8').catch(() => '')).trim();
}

/** Copies the blobs of all rows that are left. */
async function copyBlobsOf(inventory: Inventory, backup: Backup, to: string): Promise<void> {
  const blobs = new BlobCopies(backup.pathOf(names.blobs), to);
  const { lost } = await copyBlobs(inventory, async (key, size) =>
    backup.require(join(names.blobs, blobPath(key)), await blobs.copy(key, size)),
  );
  const [missing] = lost.filter(({ key }) => !backup.manifest.damaged.includes(key));
  if (missing) throw backup.refusal(`is damaged: the blob ${missing.key} is missing or has another size`);
  await blobs.finish();
}
