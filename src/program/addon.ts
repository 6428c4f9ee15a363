import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

/** The system loads an addon only from a file, and there is no folder for that file. The message says what to do. */
export class NoFolderForAddon extends Error {
  readonly code = 'NO_FOLDER_FOR_ADDON';
}

let loaded: object | undefined;

/**
 * Loads an addon that is embedded in the binary. Only the binary uses this module: scripts/build-binary.ts puts it in
 * the place of the loader of better-sqlite3.
 *
 * @param embedded The path of the addon among the embedded files.
 */
export function loadAddon(embedded: string): object {
  loaded ??= ofThisProcess(embedded) ?? unpacked(embedded);
  return loaded;
}

/**
 * The addon that the thread which started this one loaded. A second copy would be a second database library, and each
 * would release the locks of the other on a file that both have open.
 */
function ofThisProcess(embedded: string): object | undefined {
  const path = getEnvironmentData(sharedAs(embedded));
  return typeof path === 'string' ? load(path) : undefined;
}

const sharedAs = (embedded: string) => `addon ${embedded}`;

/** The temporary folder may not be writable, or may not run programs (`noexec`). Then the data folder can. */
function unpacked(embedded: string): object {
  const bytes = readFileSync(embedded);
  const reasons: string[] = [];
  // The setting DATA_DIR with its default: a command that loads this has read it, also from --env-file.
  for (const folder of [tmpdir(), process.env.DATA_DIR || './data'])
    try {
      return unpackedIn(folder, embedded, bytes);
    } catch (error) {
      reasons.push(`${folder}: ${(error as Error).message}`);
    }
  throw new NoFolderForAddon(
    `the library of the database cannot be unpacked: set TMPDIR to a writable folder on a disk without noexec (${reasons.join('; ')})`,
  );
}

/**
 * The file has no name, and is not used again: others cannot put theirs in its place, versions and processes need not
 * share it, and nothing is left when this process ends.
 */
function unpackedIn(folder: string, embedded: string, bytes: Uint8Array): object {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `.mayfly-${randomUUID()}.node`);
  const descriptor = openSync(file, 'wx', 0o700);
  unlinkSync(file);
  try {
    writeFileSync(descriptor, bytes);
    // Bun itself needs /proc.
    const path = `/proc/self/fd/${descriptor}`;
    const addon = load(path);
    setEnvironmentData(sharedAs(embedded), path);
    return addon;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function load(path: string): object {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports;
}
