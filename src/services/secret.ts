import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Config, leastSecret, SettingError } from '../config/index.ts';
import { oneChunk } from '../core/chunks.ts';
import { errorCode } from '../core/error-code.ts';
import { syncFolder, writeDurably } from '../stores/blobs/durable-file.ts';

/**
 * The server's secret: `SECRET`, or what `DATA_DIR/secret` holds. The file is made where it is missing, for its
 * owner alone; of processes that start at once all get the same one, and it would survive a power cut.
 *
 * @throws SettingError with one line where the file cannot be read or made, or is too short
 */
export async function loadSecret({ secret, dataDirectory }: SecretSettings): Promise<string> {
  if (secret !== undefined) return secret;
  const file = join(dataDirectory, 'secret');
  const kept = (await read(file)) ?? (await make(file).then(() => read(file)));
  if (kept === undefined || kept.length < leastSecret)
    throw new SettingError(
      `${JSON.stringify(file)} must hold at least ${leastSecret} characters: restore it, set SECRET, or remove it for a new one`,
    );
  return kept;
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

/** Under a name of its own first: a link to it appears whole, and never takes the place of another's. */
async function make(file: string): Promise<void> {
  const folder = dirname(file);
  const ours = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    const madeFolder = await mkdir(folder, { recursive: true });
    await writeDurably(ours, oneChunk(Buffer.from(`${randomBytes(32).toString('base64url')}\n`)), 0o600);
    await link(ours, file).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    // Also where another process was first: its own sync may not be done yet.
    await syncFolder(folder);
    if (madeFolder !== undefined) await syncFolder(dirname(madeFolder));
  } catch (error) {
    throw refusal(file, 'made', error);
  } finally {
    await rm(ours, { force: true }).catch(() => undefined);
  }
}

function refusal(file: string, verb: 'read' | 'made', error: unknown): SettingError {
  const reason = errorCode(error) ?? 'for an unknown reason';
  return new SettingError(`${JSON.stringify(file)} cannot be ${verb} (${reason}); SECRET may be set instead`);
}
