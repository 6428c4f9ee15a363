import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Config, databaseFile } from '../../config/index.ts';
import { Failure } from '../../core/failure.ts';
import { reasonOf } from '../../observe/reason.ts';

/** What is said of a code of SQLite; `it` is the database file. The first that the code begins with counts. */
const databaseAdvice: [code: string, advice: (it: string) => string][] = [
  ['SQLITE_NOTADB', (it) => `${it} is not an SQLite database: restore it from a backup, or move it away`],
  [
    'SQLITE_CORRUPT',
    (it) => `${it} is damaged: restore it from a backup; mayfly check lists what is damaged`,
  ],
  ['SQLITE_FULL', (it) => `the disk of ${it} is full: make room`],
  ['SQLITE_READONLY', (it) => `${it} cannot be written: give it, and its folder, to ${user()}`],
  ['SQLITE_CANTOPEN', (it) => `${it} cannot be opened: give it, and its folder, to ${user()}`],
  ['SQLITE_BUSY', (it) => `${it} is locked by another process: stop that one, or try again`],
  ['SQLITE_IOERR', (it) => `${it} cannot be read or written: is its disk well and not full?`],
];

/** The server could not listen on HOST and PORT; the cause is the error of the runtime. */
export class ListenFailure extends Error {
  constructor(cause: unknown) {
    super('cannot listen', { cause });
  }
}

const fileAdvice: Record<string, string> = {
  ENOSPC: 'its disk is full: make room',
  EDQUOT: 'its quota is used up: make room',
  EROFS: 'its file system is read-only: set DATA_DIR to a folder that can be written',
  ENOTDIR: 'there is a file where a folder is needed: set DATA_DIR to a folder',
  EEXIST: 'there is a file where a folder is needed: set DATA_DIR to a folder',
  EISDIR: 'there is a folder where a file is needed',
  ENOENT: 'it does not exist',
};

/** Says in one line what keeps a command from its work and what to do; undefined for a fault of our own. */
export function startFailure(error: unknown, config: Config): string | undefined {
  const { code, reason, inner } = reasonOf(error);
  if (error instanceof ListenFailure) return `${listenAdvice(code, config)} (${code})`;
  const file = databaseFile(config);
  const [, ofDatabase] = databaseAdvice.find(([prefix]) => code.startsWith(prefix)) ?? [];
  if (ofDatabase) return placeAdvice(code, file) ?? `${ofDatabase(JSON.stringify(file))} (${code})`;
  const { path } = inner as { path?: unknown };
  if (typeof path === 'string') {
    const advice =
      fileAdvice[code] ?? (/^E(ACCES|PERM)$/.test(code) ? `give it to ${user()}` : 'see its disk');
    return `${JSON.stringify(path)} cannot be used: ${advice} (${code})`;
  }
  if (error instanceof Failure && error.code === 'store_away' && config.s3)
    return `the blob store at ${new URL(config.s3.endpoint).host} cannot be used: ${reason} (${code}); check S3_ENDPOINT and the other S3_*`;
  return undefined;
}

/** Runtimes and systems name an unusable HOST in many ways; what is no matter of the port is one of the host. */
function listenAdvice(code: string, { host, port }: Config): string {
  if (code === 'EADDRINUSE')
    return `PORT ${port} of HOST ${host} is in use: set another, or stop what has it`;
  if (code === 'EACCES') return `PORT ${port} may not be used by ${user()}: set one over 1023`;
  return `HOST ${host} is not an address of this machine: set one, such as 127.0.0.1, or 0.0.0.0 for all`;
}

/** SQLite gives one code for a file without permission, a folder, and a file system that is read-only. */
function placeAdvice(code: string, file: string): string | undefined {
  if (!/^SQLITE_(CANTOPEN|READONLY)/.test(code)) return undefined;
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
      return `${JSON.stringify(file)} is a folder, and must be a file: move it away (EISDIR)`;
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS')
      return `${JSON.stringify(file)} cannot be used: ${fileAdvice.EROFS} (EROFS)`;
  }
  return undefined;
}

function user(): string {
  return `user ${process.geteuid?.() ?? 'that runs Mayfly'}`;
}
