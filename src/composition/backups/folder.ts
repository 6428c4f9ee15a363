import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { oneChunk } from '../../core/content/chunks.ts';
import { errorCode } from '../../core/failure.ts';
import { sha256Of } from '../../stores/blobs/blob-copies.ts';
import { syncFolder, writeDurably } from '../../stores/blobs/durable-file.ts';
import { type BackupFailure, refused } from './failure.ts';

/** The version of this layout. A later one is refused. */
const format = 1;

/** The names in the folder of a backup. */
export const names = { database: 'mayfly.db', blobs: 'blobs', secret: 'secret' } as const;
const manifestName = 'manifest.json';
const sumsName = 'SHA256SUMS';

/** What a backup is. Times are RFC 3339, sizes bytes. */
export type Manifest = {
  format: number;
  /** The version of Mayfly that made it, and of its database. */
  mayfly: string;
  schema: string;
  /** The moment of the database. */
  createdAt: string;
  payloads: number;
  objects: number;
  accounts: number;
  /** The blobs in the backup; null if they are in an S3 bucket. */
  blobs: { count: number; bytes: number } | null;
  /** The keys of blobs that were missing or damaged when the backup was made. Their rows are in it. */
  damaged: string[];
};

/** The checksums of files by their names in the backup. Their file can be checked with `sha256sum -c`. */
type Sums = Map<string, string>;

/** A backup that is being written. It has its name only when it is complete. */
export class NewBackup {
  readonly #path: string;
  readonly #partial: string;
  readonly #sums: Sums = new Map();

  private constructor(path: string, partial: string) {
    this.#path = path;
    this.#partial = partial;
  }

  /** @throws BackupFailure if something with this name exists */
  static async create(destination: string): Promise<NewBackup> {
    const path = resolve(destination);
    await requireAbsent(path);
    const partial = `${path}.partial-${randomBytes(4).toString('hex')}`;
    await mkdir(partial, { mode: 0o700 });
    return new NewBackup(path, partial);
  }

  /** Where to write the file or folder of a name. */
  pathOf(name: string): string {
    return join(this.#partial, name);
  }

  /** Records the checksum of a file. */
  add(name: string, sha256: string): void {
    this.#sums.set(name, sha256);
  }

  /** Removes a file that was added. */
  async remove(name: string): Promise<void> {
    this.#sums.delete(name);
    await rm(this.pathOf(name));
  }

  /** Makes a written file private and durable, and records its checksum. */
  async addWritten(name: string): Promise<void> {
    const file = await open(this.pathOf(name), 'r');
    try {
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
    this.add(name, await sha256Of(this.pathOf(name)));
  }

  /** Writes the manifest and the checksums, and gives the backup its name. */
  async complete(manifest: Omit<Manifest, 'format'>): Promise<void> {
    await this.#write(manifestName, `${JSON.stringify({ format, ...manifest }, null, 2)}\n`);
    this.add(manifestName, await sha256Of(this.pathOf(manifestName)));
    const lines = [...this.#sums].map(([name, sha256]) => `${sha256}  ${name}\n`);
    await this.#write(sumsName, lines.join(''));
    await syncFolder(this.#partial);
    await requireAbsent(this.#path);
    await rename(this.#partial, this.#path);
    await syncFolder(dirname(this.#path));
  }

  async discard(): Promise<void> {
    await rm(this.#partial, { recursive: true, force: true });
  }

  #write(name: string, text: string): Promise<void> {
    return writeDurably(this.pathOf(name), oneChunk(Buffer.from(text)), 0o600);
  }
}

/** A complete backup. */
export class Backup {
  readonly manifest: Manifest;
  readonly #path: string;
  readonly #sums: Sums;

  private constructor(path: string, manifest: Manifest, sums: Sums) {
    this.manifest = manifest;
    this.#path = path;
    this.#sums = sums;
  }

  /** @throws BackupFailure if it is incomplete, damaged, or of a later version */
  static async open(source: string): Promise<Backup> {
    const path = resolve(source);
    const text = await readFile(join(path, sumsName), 'utf8').catch((error: unknown) => {
      if (!/^E(NOENT|NOTDIR)$/.test(errorCode(error) ?? '')) throw error;
      throw refused(path, `is not a complete backup: it has no ${sumsName}`);
    });
    const sums: Sums = new Map(
      Array.from(text.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm), ([, sha256 = '', name = '']) => [name, sha256]),
    );
    await requireSum(path, sums, manifestName);
    const manifest = JSON.parse(await readFile(join(path, manifestName), 'utf8')) as Manifest;
    const backup = new Backup(path, manifest, sums);
    if (manifest.format > format) throw backup.refusal(`was made by Mayfly ${manifest.mayfly}: ${useLater}`);
    return backup;
  }

  pathOf(name: string): string {
    return join(this.#path, name);
  }

  has(name: string): boolean {
    return this.#sums.has(name);
  }

  /**
   * Checks a file.
   *
   * @param sha256 The checksum of its copy, which was read from it.
   * @throws BackupFailure if it is damaged or missing
   */
  require(name: string, sha256?: string): Promise<void> {
    return requireSum(this.#path, this.#sums, name, sha256);
  }

  /** Why it cannot be restored. */
  refusal(reason: string): BackupFailure {
    return refused(this.#path, reason);
  }
}

/** What to do with a backup of a later version. */
export const useLater = 'restore it with that version or a later one';

async function requireSum(path: string, sums: Sums, name: string, sha256?: string): Promise<void> {
  const actual = sha256 ?? (await sha256Of(join(path, name)).catch(missing));
  if (actual === undefined) throw refused(path, `is damaged: ${name} is missing`);
  if (actual !== sums.get(name)) throw refused(path, `is damaged: ${name} has another checksum`);
}

function missing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

async function requireAbsent(path: string): Promise<void> {
  const found = await lstat(path).catch(missing);
  if (found) throw refused(path, 'exists: give each backup its own name');
}
