import { resolve } from 'node:path';
import { createBackup } from '../../composition/backups/create.ts';
import { BackupFailure } from '../../composition/backups/failure.ts';
import { restoreBackup } from '../../composition/backups/restore.ts';
import { type Config, SettingError } from '../../config/index.ts';
import { CommandFailure } from '../shared/command-failure.ts';
import { printRestored } from './restored-report.ts';
import { requireFile } from './run.ts';

/**
 * `backup DESTINATION`: backs up the database file and the blobs, with or without a running server. Fails if blobs are
 * damaged; the backup then has everything else.
 */
export async function backUp(config: Config, destination: string): Promise<number> {
  requireFile(config);
  const file = fileOf(config, 'be backed up');
  const { manifest, damaged } = await explained(() => createBackup(config, file, destination));
  const { payloads, objects, accounts, blobs } = manifest;
  const content = blobs === null ? 'blobs: in S3' : `blobs: ${blobs.count} (${blobs.bytes} bytes)`;
  console.log(
    `Backed up to ${JSON.stringify(resolve(destination))}: payloads: ${payloads}, objects: ${objects}, accounts: ${accounts}, ${content}.`,
  );
  for (const { row } of damaged)
    console.error(`mayfly: the bytes of ${row} are missing or damaged: see mayfly check`);
  return damaged.length === 0 ? 0 : 1;
}

/** `restore SOURCE`: restores a backup into an empty data folder. */
export async function restore(
  config: Config,
  source: string,
  { moveExisting = false }: { moveExisting?: boolean },
): Promise<number> {
  const file = fileOf(config, 'be restored');
  const options = { source, file, movesExisting: moveExisting };
  const { manifest, report, changed, movedTo } = await explained(() => restoreBackup(config, options));
  console.log(
    `Restored the state of ${manifest.createdAt} to ${JSON.stringify(resolve(config.dataDirectory))}.`,
  );
  for (const folder of movedTo)
    console.log(`Earlier data is in ${JSON.stringify(folder)}: delete it when it is not needed.`);
  printRestored(report, manifest.createdAt);
  if (changed.includes('secret'))
    console.error(
      'mayfly: SECRET is not that of the backup: signed URLs are invalid, and webhooks have new secrets',
    );
  if (changed.includes('blobs'))
    console.error('mayfly: S3_* are not those of the backup: its blobs cannot be read');
  return 0;
}

/** Shows a failure as one line. */
async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof BackupFailure) throw new CommandFailure(error.message);
    throw error;
  }
}

/** A database server has its own tools, which also work while nothing of Mayfly runs. */
function fileOf({ database }: Config, verb: string): string {
  if (database.kind === 'file') return database.file;
  throw new SettingError(
    `only a database file can ${verb} by this command: for the database server at ${database.where}, use point-in-time recovery (docs/recovery.md)`,
  );
}
