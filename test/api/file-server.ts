import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { hashSecret } from '../../src/core/ids.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { operatorOutput } from '../support/operator.ts';
import { type PostgresServer, sharedPostgres } from '../support/postgres.ts';
import { startPostgresStores } from '../support/postgres-stores.ts';
import { type S3Server, startS3 } from '../support/s3.ts';

/** A server for the APIs over files, and its S3 server if it has one. */
export type FileServer = MayflyProcess & {
  s3?: S3Server;
  /** The settings with which a command finds the stores outside of `dataDir`. */
  stores?: Record<string, string>;
};

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
  /** A PostgreSQL database, on this server if it is given, with a separate real S3 and Redis server. */
  withPostgres?: boolean | (() => Promise<PostgresServer>);
  env?: Record<string, string>;
  clockless?: boolean;
};

export async function startFileServer({
  runtime = 'bun',
  withS3 = false,
  withPostgres = false,
  env = {},
  clockless = false,
}: FileServerOptions = {}): Promise<FileServer> {
  const server = withPostgres === true ? sharedPostgres : withPostgres;
  const stores = server ? await startPostgresStores(server) : undefined;
  const s3 = stores?.s3 ?? (withS3 ? await startS3() : undefined);
  const storeSettings = stores?.env ?? s3?.env;
  const mayfly = await startMayfly({
    runtime,
    clockless,
    readyWithinMs: 60_000,
    env: { ...outOfReach, WEBHOOK_ALLOW_PRIVATE: 'true', ...storeSettings, ...env },
  });
  const stop = async () => {
    const code = await mayfly.stop();
    await (stores ?? s3)?.stop();
    return code;
  };
  return { ...mayfly, ...(s3 && { s3 }), ...(storeSettings && { stores: storeSettings }), stop };
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
export async function usageOf({ dataDir, stores }: FileServer, secret: string): Promise<Usage> {
  const url = stores?.DATABASE_URL;
  const usage = await (url === undefined
    ? usageInFile(join(dataDir, 'mayfly.db'), secret)
    : usageInPostgres(url, secret));
  if (usage === undefined) throw new Error('no account has this credential');
  return usage;
}

const usage = `SELECT stored_bytes AS "storedBytes", stored_objects AS "storedObjects",
    reserved_bytes AS "reservedBytes", reserved_objects AS "reservedObjects"
  FROM accounts JOIN keys ON keys.account_id = accounts.id WHERE keys.hash =`;

function usageInFile(file: string, secret: string): Usage | undefined {
  const database = new Database(file, { readonly: true });
  try {
    database.pragma('busy_timeout = 5000');
    return database.prepare<[Uint8Array], Usage>(`${usage} ?`).get(hashSecret(secret));
  } finally {
    database.close();
  }
}

async function usageInPostgres(url: string, secret: string): Promise<Usage | undefined> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => Number } });
  await client.connect();
  try {
    return (await client.query<Usage>(`${usage} $1`, [hashSecret(secret)])).rows[0];
  } finally {
    await client.end();
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
  { dataDir, stores }: Pick<FileServer, 'dataDir' | 'stores'>,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  return operatorOutput(dataDir, args, { ...stores, ...env });
}

/** Sweeps once, while the server runs. */
export async function sweep(server: FileServer): Promise<SweepReport> {
  return JSON.parse(await operate(server, ['sweep'])) as SweepReport;
}

/** All blobs, complete or not, with or without a row: names of files, or keys of S3. */
export async function storedBlobs({ dataDir, s3 }: FileServer): Promise<string[]> {
  if (s3) {
    const unfinished = (await s3.listMultipartUploads()).map(({ key }) => `${key} in parts`);
    return [...(await s3.listKeys('blobs/')), ...unfinished];
  }
  return readdirSync(join(dataDir, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name);
}
