import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../shared/replace-file.ts';
import { lock } from './file-lock.ts';
import { type Environment, statePath } from './settings.ts';

/** A payload that was put from here. The web page saves its own in the same format. Times are ISO 8601, sizes bytes. */
export type SavedPayload = {
  id: string;
  /** With the key as its fragment, if it is encrypted. */
  url: string;
  name: string | null;
  type: string | null;
  size: number | null;
  createdAt: string;
  expiresAt: string;
  maxReads: number | null;
  deleteToken: string;
  sealed: boolean;
};

/** The saved payloads that have not expired, newest first. A file that cannot be parsed counts as empty. */
export async function readPayloads(environment: Environment): Promise<SavedPayload[]> {
  const text = await readFile(statePath(environment), 'utf8').catch(() => '[]');
  return parsePayloads(text) ?? [];
}

function parsePayloads(text: string): SavedPayload[] | undefined {
  const now = new Date().toISOString();
  try {
    return (JSON.parse(text) as SavedPayload[]).filter(({ expiresAt }) => expiresAt > now);
  } catch {
    return undefined;
  }
}

/** Saves a payload with its delete token. Expired ones are removed. */
export function savePayload(environment: Environment, payload: SavedPayload): Promise<void> {
  return change(environment, (payloads) => [payload, ...payloads]);
}

export function forgetPayload(environment: Environment, id: string): Promise<void> {
  return change(environment, (payloads) => payloads.filter((payload) => payload.id !== id));
}

/** Several commands may run at once: each changes the file under a lock, and readers see it old or new. */
async function change(
  environment: Environment,
  edit: (payloads: SavedPayload[]) => SavedPayload[],
): Promise<void> {
  const path = statePath(environment);
  // The lock is in the same folder.
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unlock = await lock(`${path}.locked`);
  try {
    const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]';
      throw error;
    });
    const payloads = parsePayloads(before);
    // A user may be able to repair the file, which has the only copy of the tokens.
    if (payloads === undefined) await rename(path, `${path}.damaged`);
    await replaceFile(path, `${JSON.stringify(edit(payloads ?? []), null, 2)}\n`, 0o600);
  } finally {
    await unlock();
  }
}
