import { join } from 'node:path';
import { type Config, SettingError } from '../../config/index.ts';
import { errorCode } from '../../core/failure.ts';
import { copyBlobs, removeDeleted } from '../../core/operation/backup.ts';
import { differences } from '../../core/operation/deployment.ts';
import type { ShownBlob } from '../../core/ports/content/inventory.ts';
import type { Stores } from '../../core/ports/stores.ts';
import { ownVersion } from '../../program/index.ts';
import { BlobCopies } from '../../stores/blobs/blob-copies.ts';
import { blobPath } from '../../stores/blobs/disk.ts';
import { copyDurably } from '../../stores/blobs/durable-file.ts';
import { deploymentOf } from '../deployment.ts';
import { countRowsOf, type Original, onCopy, openOriginal } from './database-copy.ts';
import { refused } from './failure.ts';
import { type Manifest, NewBackup, names } from './folder.ts';

export type CreatedBackup = { manifest: Omit<Manifest, 'format'>; damaged: ShownBlob[] };

/**
 * Backs up the database file of the configuration and, unless they are in S3, the blobs that its rows show. A server may
 * run; nothing of it waits. What is deleted while the blobs are copied may be missing.
 *
 * @throws BackupFailure if something at the destination exists, or if the database needs a migration
 * @throws SettingError if the blobs of the server are elsewhere
 */
export async function createBackup(
  config: Config,
  file: string,
  destination: string,
): Promise<CreatedBackup> {
  const original = openOriginal(file);
  try {
    const { state, name: schema = '' } = original.schema;
    if (state === 'newer')
      throw refused(file, 'has the schema of a later version: back it up with that version');
    if (state !== 'current')
      throw refused(
        file,
        'has the schema of an earlier version: back it up with that version, or run mayfly migrate first',
      );
    const backup = await NewBackup.create(destination);
    try {
      const createdAt = new Date().toISOString();
      const database = backup.pathOf(names.database);
      original.copyTo(database);
      const { blobs, damaged } = await onCopy(database, (copy) => addBlobs(config, backup, original, copy));
      await backup.addWritten(names.database);
      if (config.secret === undefined) await addSecret(config, backup);
      const manifest = {
        mayfly: ownVersion(),
        schema,
        createdAt,
        ...countRowsOf(database),
        blobs,
        damaged: damaged.map(({ key }) => key),
      };
      await backup.complete(manifest);
      return { manifest, damaged };
    } catch (error) {
      await backup.discard().catch(() => undefined);
      throw error;
    }
  } finally {
    original.close();
  }
}

/** Copies the blobs of a copy of the database, and removes the rows that were deleted in the meantime. */
async function addBlobs(
  config: Config,
  backup: NewBackup,
  original: Original,
  copy: Stores,
): Promise<Pick<Manifest, 'blobs'> & { damaged: ShownBlob[] }> {
  if ((await differences(copy.deployment, deploymentOf(config, ''))).includes('blobs'))
    throw new SettingError('S3_* must be the same as at the last start of the server');
  if (config.s3 !== undefined) return { blobs: null, damaged: [] };
  const copies = new BlobCopies(join(config.dataDirectory, names.blobs), backup.pathOf(names.blobs));
  const nameOf = (key: string) => join(names.blobs, blobPath(key));
  const copied = await copyBlobs(copy.inventory, async (key, size) =>
    backup.add(nameOf(key), await copies.copy(key, size)),
  );
  const { damaged, unshown } = await removeDeleted(copy, original.inventory, copied);
  for (const key of unshown) {
    await backup.remove(nameOf(key));
    copied.sizes.delete(key);
  }
  await copies.finish();
  const bytes = copied.sizes.values().reduce((sum, size) => sum + size, 0);
  return { blobs: { count: copied.sizes.size, bytes }, damaged };
}

/** Signed URLs and the secrets of webhooks depend on it. A setting is not part of the backup. */
async function addSecret({ dataDirectory }: Config, backup: NewBackup): Promise<void> {
  try {
    await copyDurably(join(dataDirectory, names.secret), backup.pathOf(names.secret));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  await backup.addWritten(names.secret);
}
