import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ServerFailure } from '../../composition/stores.ts';
import type { Config } from '../../config/index.ts';
import { Failure } from '../../core/failure.ts';
import { reasonOf } from '../../observe/reason.ts';

/** Advice by the prefix of SQLite's error code. The first match counts. */
const databaseAdvice: [prefix: string, advice: (file: string) => string][] = [
  ['SQLITE_NOTADB', (file) => `${file} is not an SQLite database: restore it from a backup, or move it away`],
  ['SQLITE_CORRUPT', (file) => `${file} is damaged: restore it from a backup; mayfly check lists the damage`],
  ['SQLITE_FULL', (file) => `the disk of ${file} is full: free some space`],
  ['SQLITE_READONLY', (file) => `${file} is not writable: let ${user()} write to it and its folder`],
  ['SQLITE_CANTOPEN', (file) => `${file} cannot be opened: let ${user()} write to it and its folder`],
  ['SQLITE_BUSY', (file) => `${file} is locked by another process: stop that process, or try again`],
  // The triggers of a move refuse it.
  ['SQLITE_CONSTRAINT_TRIGGER', (file) => `${file} is being moved, and its writes are stopped: try again`],
  ['SQLITE_IOERR', (file) => `${file} cannot be read or written: check its disk for errors and free space`],
];

/** Advice by the code of an error of a database server or of the connection to it. The first match counts. */
const serverAdvice: [code: RegExp, advice: string][] = [
  [/^28/, 'check the user and the password in DATABASE_URL'],
  [/^3D000$/, 'create the database, or correct its name in DATABASE_URL'],
  [/^42501$/, 'let the user of DATABASE_URL own the database'],
  [/^53300$/, 'lower DATABASE_POOL, or raise max_connections of PostgreSQL'],
  [/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/, 'check sslmode and sslrootcert in DATABASE_URL'],
  [/^57P03$/, 'wait until PostgreSQL accepts connections'],
  [/./, 'check DATABASE_URL, and whether PostgreSQL runs'],
];

/** The server could not listen on HOST and PORT; the cause is the error of the runtime. */
export class ListenFailure extends Error {
  constructor(cause: unknown) {
    super('cannot listen', { cause });
  }
}

const fileAdvice: Record<string, string> = {
  ENOSPC: 'its disk is full: free some space',
  EDQUOT: 'its disk quota is used up: free some space',
  EROFS: 'its file system is read-only: set DATA_DIR to a writable folder',
  ENOTDIR: 'a file is in the place of a folder: set DATA_DIR to a folder',
  EEXIST: 'a file is in the place of a folder: set DATA_DIR to a folder',
  EISDIR: 'a folder is in the place of a file',
  ENOENT: 'it does not exist',
};

/** One line about what is wrong with the machine or the settings, and what to do; undefined for a bug of our own. */
export function startFailure(error: unknown, config: Config): string | undefined {
  const { code, reason, inner } = reasonOf(error);
  if (error instanceof ListenFailure) return `${listenAdvice(code, config)} (${code})`;
  const { database } = config;
  if (error instanceof ServerFailure && database.kind === 'server') {
    const place = `the database at ${JSON.stringify(database.where)}`;
    // A rule of the start checks, which says what to do.
    if (code === 'UNFIT') return `${place} ${reason}`;
    // Some errors of the driver have no code.
    const sign = code === 'UNKNOWN' ? reason : code;
    const [, advice] = serverAdvice.find(([pattern]) => pattern.test(sign)) ?? [];
    return `${place} cannot be used: ${reason} (${code}); ${advice}`;
  }
  if (database.kind === 'file') {
    const { file } = database;
    if (code === 'NO_FOLDER_FOR_ADDON') return reason;
    if (code === 'MOVED')
      return `${JSON.stringify(file)} has ${reason}: set DATABASE_URL to it, or go back with mayfly move --undo`;
    if (code === 'UNFIT_SCHEMA') return `${JSON.stringify(file)} ${reason}`;
    const [, ofDatabase] = databaseAdvice.find(([prefix]) => code.startsWith(prefix)) ?? [];
    if (ofDatabase) return placeAdvice(code, file) ?? `${ofDatabase(JSON.stringify(file))} (${code})`;
  }
  const { path: source, dest, syscall } = inner as { path?: unknown; dest?: unknown; syscall?: unknown };
  // The error of a copy names both places.
  const path = /^(ENOSPC|EDQUOT|EROFS)$/.test(code) ? (dest ?? source) : source;
  if (typeof path === 'string') {
    const advice =
      fileAdvice[code] ?? (/^E(ACCES|PERM)$/.test(code) ? permissionAdvice(syscall) : 'check its disk');
    return `${JSON.stringify(path)} cannot be used: ${advice} (${code})`;
  }
  if (error instanceof Failure && error.code === 'store_away' && config.s3) {
    const store = `the blob store at ${new URL(config.s3.endpoint).host}`;
    if (database.kind === 'file')
      return `${store} cannot be used: ${reason} (${code}); check S3_ENDPOINT and the other S3_*`;
    return `the database at ${database.where} or ${store} cannot be used: ${reason} (${code})`;
  }
  return undefined;
}

/** An unusable HOST has many error codes, depending on runtime and system. So a code that is not about the port is. */
function listenAdvice(code: string, { host, port }: Config): string {
  if (code === 'EADDRINUSE')
    return `PORT ${port} of HOST ${host} is in use: set another port, or stop the process that uses it`;
  if (code === 'EACCES') return `${user()} may not use PORT ${port}: set a port above 1023`;
  return `HOST ${host} is not an address of this machine: set one, such as 127.0.0.1, or 0.0.0.0 for all`;
}

function permissionAdvice(syscall: unknown): string {
  if (syscall === 'mkdir') return `create it for ${user()}, or set another folder`;
  return `let ${user()} read and write it`;
}

/** SQLite has one code for a missing permission, a folder, and a read-only file system. */
function placeAdvice(code: string, file: string): string | undefined {
  if (!/^SQLITE_(CANTOPEN|READONLY)/.test(code)) return undefined;
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
      return `${JSON.stringify(file)} is a folder but must be a file: move it away (EISDIR)`;
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS')
      return `${JSON.stringify(file)} cannot be used: ${fileAdvice.EROFS} (EROFS)`;
  }
  return undefined;
}

function user(): string {
  const id = process.geteuid?.();
  return id === undefined ? 'the user that runs Mayfly' : `user ${id}`;
}
