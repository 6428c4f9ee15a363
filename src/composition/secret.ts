import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Config, minSecretLength, SettingError } from '../config/index.ts';
import { oneChunk } from '../core/content/chunks.ts';
import { errorCode } from '../core/failure.ts';
import { syncFolder, writeDurably } from '../stores/blobs/durable-file.ts';

/**
 * The server's secret: `SECRET`, or the content of `DATA_DIR/secret`. A missing file is created with access for its
 * owner only. Processes that start at once get the same secret, and it survives a power failure.
 *
 * @throws SettingError with one line if the file cannot be read or created, or is too short
 */
export async function loadSecret({ secret, dataDirectory }: SecretSettings): Promise<string> {
  if (secret !== undefined) return secret;
  const file = join(dataDirectory, 'secret');
  const stored = (await read(file)) ?? (await create(file).then(() => read(file)));
  if (stored === undefined || stored.length < minSecretLength)
    throw new SettingError(
      `${JSON.stringify(file)} must hold at least ${minSecretLength} characters: restore it, set SECRET, or remove the file to create a new secret`,
    );
  return stored;
}

type SecretSettings = Pick<Config, 'secret' | 'dataDirectory'>;

async function read(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw refusal(file, 'read', error);
  }
}

/** Writes a temporary file and links it: the link appears with complete content and never replaces an existing file. */
async function create(file: string): Promise<void> {
  const folder = dirname(file);
  const temporary = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    const createdFolder = await mkdir(folder, { recursive: true });
    await writeDurably(temporary, oneChunk(Buffer.from(`${randomBytes(32).toString('base64url')}\n`)), 0o600);
    await link(temporary, file).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    // Needed even if another process was first, since its own sync may not be done yet.
    await syncFolder(folder);
    if (createdFolder !== undefined) await syncFolder(dirname(createdFolder));
  } catch (error) {
    throw refusal(file, 'created', error);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

function refusal(file: string, verb: 'read' | 'created', error: unknown): SettingError {
  const reason = errorCode(error) ?? 'for an unknown reason';
  return new SettingError(
    `${JSON.stringify(file)} cannot be ${verb} (${reason}): fix its permissions, or set SECRET instead`,
  );
}
