import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/index.ts';
import { errorCode } from '../../core/failure.ts';
import { syncFolder } from '../../stores/blobs/durable-file.ts';
import { isInUse } from './database-copy.ts';
import { refused } from './failure.ts';
import { names } from './folder.ts';

export type Place = keyof typeof names;

/** The place of a server's data, which a restore fills. Everything is written beside its place first. */
export class DataFolder {
  readonly #places: Record<Place, string>;
  readonly #suffix = `.restoring-${randomBytes(4).toString('hex')}`;

  constructor({ dataDirectory }: Config, database: string) {
    const folder = resolve(dataDirectory);
    this.#places = {
      database: resolve(database),
      blobs: join(folder, names.blobs),
      secret: join(folder, names.secret),
    };
  }

  /** Where to write something that `install` moves to its place. */
  draftOf(place: Place): string {
    return this.#places[place] + this.#suffix;
  }

  async prepare(): Promise<void> {
    for (const path of Object.values(this.#places)) await mkdir(dirname(path), { recursive: true });
  }

  /** The existing data that a restore would replace. */
  async existing(): Promise<string[]> {
    const { database, blobs, secret } = this.#places;
    const found = [];
    for (const path of [database, ...logsOf(database), secret]) if (await exists(path)) found.push(path);
    if (await hasFile(blobs)) found.push(blobs);
    return found;
  }

  /**
   * Moves the drafts to their places. The database is last: without it, nothing looks restored.
   *
   * @param existing Data to move into a folder beside it first.
   * @returns The folders that they were moved to.
   */
  async install(places: Place[], existing: string[], asideName: string): Promise<string[]> {
    const { blobs } = this.#places;
    this.requireUnused(existing);
    const folders = [...new Set(existing.map((path) => join(dirname(path), asideName)))];
    for (const folder of folders) await mkdir(folder);
    // The database first: the rest means nothing without it.
    for (const path of existing) await rename(path, join(dirname(path), asideName, basename(path)));
    if (places.includes('blobs') && !existing.includes(blobs)) await removeEmpty(blobs);
    for (const place of places) {
      const [draft, path] = [this.draftOf(place), this.#places[place]];
      if (place === 'blobs') await rename(draft, path);
      else {
        // Unlike a rename, this replaces nothing.
        await link(draft, path);
        await rm(draft);
      }
      await syncFolder(dirname(path));
    }
    return folders;
  }

  /** Removes what was not installed. */
  async discard(): Promise<void> {
    for (const place of Object.keys(names) as Place[])
      for (const path of [this.draftOf(place), ...logsOf(this.draftOf(place))])
        await rm(path, { recursive: true, force: true });
  }

  /** @throws BackupFailure if a process uses an existing database */
  requireUnused(existing: string[]): void {
    const { database } = this.#places;
    if (existing.includes(database) && isInUse(database))
      throw refused(database, 'is in use: stop the server first');
  }
}

/** The files that SQLite and Mayfly keep beside a database. */
const logsOf = (database: string): string[] =>
  ['-wal', '-shm', '-reserve'].map((suffix) => database + suffix);

/** Removes a folder of empty folders. */
async function removeEmpty(path: string): Promise<void> {
  const found = await readdir(path).catch(missing);
  if (found === undefined) return;
  for (const name of found) await rmdir(join(path, name));
  await rmdir(path);
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(missing)) !== undefined;
}

/** Whether a folder has a file, in itself or below. */
async function hasFile(path: string): Promise<boolean> {
  const found = (await readdir(path, { withFileTypes: true }).catch(missing)) ?? [];
  for (const entry of found) if (!entry.isDirectory() || (await hasFile(join(path, entry.name)))) return true;
  return false;
}

function missing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}
