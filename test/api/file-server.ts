import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { hashSecret } from '../../src/core/ids.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { type S3Server, startS3 } from '../support/s3.ts';

/** A server for the APIs over files, and its S3 server if it has one. */
export type FileServer = MayflyProcess & { s3?: S3Server };

/** Starts the server at the first call; every call returns the same one. */
export type FileServerOf = () => Promise<FileServer>;

/** Limits that no suite can reach, with their headers. */
export const outOfReach = {
  RATE_LIMIT: '1000000000',
  KEY_RATE_LIMIT: '1000000000',
  GUEST_RATE_LIMIT: '1000000000',
  PRESIGN_RATE_LIMIT: '1000000000',
};

type FileServerOptions = {
  runtime?: Runtime;
  /** A separate real S3 server. */
  withS3?: boolean;
  env?: Record<string, string>;
  clockless?: boolean;
};

export async function startFileServer({
  runtime = 'bun',
  withS3 = false,
  env = {},
  clockless = false,
}: FileServerOptions = {}): Promise<FileServer> {
  const s3 = withS3 ? await startS3() : undefined;
  const mayfly = await startMayfly({
    runtime,
    clockless,
    readyWithinMs: 60_000,
    env: { ...outOfReach, WEBHOOK_ALLOW_PRIVATE: 'true', ...s3?.env, ...env },
  });
  const stop = async () => {
    const code = await mayfly.stop();
    await s3?.stop();
    return code;
  };
  return { ...mayfly, ...(s3 && { s3 }), stop };
}

/** The amounts that a server counts against the limits of an account. */
export type Usage = {
  storedBytes: number;
  storedObjects: number;
  reservedBytes: number;
  reservedObjects: number;
};

export const nothing: Usage = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** What the account of a credential has stored and reserved, read from the database. */
export function usageOf({ dataDir }: FileServer, secret: string): Usage {
  const database = new Database(join(dataDir, 'mayfly.db'), { readonly: true });
  try {
    database.pragma('busy_timeout = 5000');
    const usage = database
      .prepare<[Uint8Array], Usage>(
        `SELECT stored_bytes AS storedBytes, stored_objects AS storedObjects,
           reserved_bytes AS reservedBytes, reserved_objects AS reservedObjects
         FROM accounts JOIN keys ON keys.account_id = accounts.id WHERE keys.hash = ?`,
      )
      .get(hashSecret(secret));
    if (usage === undefined) throw new Error('no account has this credential');
    return usage;
  } finally {
    database.close();
  }
}

export type SweepReport = {
  objects: number;
  uploads: number;
  accounts: number;
  blobs: number;
  failures: number;
};

/** Runs an operator's command with the settings of the running server. Resolves to its output. */
export function operate(
  { dataDir, s3 }: Pick<FileServer, 'dataDir' | 's3'>,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  return mayflyOutput(dataDir, args, { ...s3?.env, ...env });
}

/** Sweeps once, while the server runs. */
export async function sweep(server: FileServer): Promise<SweepReport> {
  return JSON.parse(await operate(server, ['sweep'])) as SweepReport;
}

/** All blobs, complete or not, with or without a row: names of files, or keys of S3. */
export async function storedBlobs({ dataDir, s3 }: FileServer): Promise<string[]> {
  if (s3) {
    const unfinished = (await s3.listMultipartUploads()).map(({ key }) => `${key} in parts`);
    return [...(await s3.listKeys()), ...unfinished];
  }
  return readdirSync(join(dataDir, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name);
}
