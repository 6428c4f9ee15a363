import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** The contents of a data directory, read from outside. */
export type Stored = {
  /** Ids of all payloads, expired ones included. */
  ids: string[];
  /** The blob keys in rows. */
  blobKeys: string[];
  /** The same, with their payloads. */
  blobs: { id: string; key: string }[];
  /** The blob keys in the journal, which are being written or are to be removed. */
  journalKeys: string[];
  /** Names of the files in the blob store on disk, partial ones included. */
  files: string[];
};

export function readStored(dataDir: string): Stored {
  const database = new Database(join(dataDir, 'mayfly.db'), { readonly: true });
  try {
    database.pragma('busy_timeout = 5000');
    const column = (query: string) => database.prepare<[], string>(query).pluck().all();
    const blobs = database
      .prepare<[], { id: string; key: string }>(
        'SELECT id, blob_key AS key FROM payloads WHERE blob_key IS NOT NULL',
      )
      .all();
    return {
      ids: column('SELECT id FROM payloads'),
      blobs,
      blobKeys: blobs.map(({ key }) => key).sort(),
      journalKeys: column('SELECT key FROM blob_journal'),
      files: blobFiles(dataDir),
    };
  } finally {
    database.close();
  }
}

/** Runs SQL from outside, on the file that a running Mayfly has open. @returns The number of changed rows. */
export function changeDatabase(dataDir: string, statement: string): number {
  const database = new Database(join(dataDir, 'mayfly.db'));
  try {
    database.pragma('busy_timeout = 5000');
    return database.prepare(statement).run().changes;
  } finally {
    database.close();
  }
}

function blobFiles(dataDir: string): string[] {
  const folder = join(dataDir, 'blobs');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Sets the times as if a day had passed since the unfinished uploads began. */
export function lapseUploads(dataDir: string): void {
  const ago = 25 * 3_600_000;
  changeDatabase(dataDir, `UPDATE uploads SET expires_at = expires_at - ${ago}`);
  changeDatabase(
    dataDir,
    `UPDATE blob_journal SET due_at = due_at - ${ago}, remove_again_at = remove_again_at - ${ago}`,
  );
}
