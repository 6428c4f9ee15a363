import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { mayflyOutput } from './mayfly-command.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A new name for a backup. */
export function backupName(): string {
  return join(temporaryDirectory('backups'), "to'night");
}

/** Backs up a data folder, whether a server runs or not. @returns The folder of the backup. */
export async function backUp(dataDir: string, env: Record<string, string> = {}): Promise<string> {
  const backup = backupName();
  await mayflyOutput(dataDir, ['backup', backup], env);
  return backup;
}

/** Restores a backup into a new data folder. */
export async function restore(backup: string, env: Record<string, string> = {}) {
  const dataDir = temporaryDirectory('restored');
  return { dataDir, output: await mayflyOutput(dataDir, ['restore', backup], env) };
}

/** The paths of all files below a folder, relative to it. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** The files below a folder that contain a text. */
export function filesWith(folder: string, text: string): string[] {
  return filesIn(folder).filter((name) => readFileSync(join(folder, name)).includes(text));
}

/** Changes one byte in the middle of a file. */
export function damage(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  writeFileSync(file, bytes);
}

/** Replaces a file of a backup, with its checksum. */
export function replaceIn(backup: string, name: string, bytes: Uint8Array): void {
  writeFileSync(join(backup, name), bytes);
  const sums = join(backup, 'SHA256SUMS');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const text = readFileSync(sums, 'utf8').replace(
    new RegExp(`^[0-9a-f]{64}  ${name}$`, 'm'),
    `${sha256}  ${name}`,
  );
  writeFileSync(sums, text);
}
