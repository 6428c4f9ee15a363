import { type Config, databaseFile } from '../../config/index.ts';
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

const addressAdvice: Record<string, (config: Config) => string> = {
  EADDRINUSE: ({ host, port }) => `PORT ${port} of HOST ${host} is in use: set another, or stop what has it`,
  EADDRNOTAVAIL: ({ host }) => `HOST ${host} is not an address of this machine`,
  ENOTFOUND: ({ host }) => `HOST ${host} does not name an address`,
  EINVAL: ({ host }) => `HOST ${host} does not name an address`,
};

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
  const { code, inner } = reasonOf(error);
  const [, ofDatabase] = databaseAdvice.find(([prefix]) => code.startsWith(prefix)) ?? [];
  if (ofDatabase) return `${ofDatabase(JSON.stringify(databaseFile(config)))} (${code})`;
  const { path, syscall } = inner as { path?: unknown; syscall?: unknown };
  if (typeof path === 'string') {
    const advice =
      fileAdvice[code] ?? (/^E(ACCES|PERM)$/.test(code) ? `give it to ${user()}` : 'see its disk');
    return `${JSON.stringify(path)} cannot be used: ${advice} (${code})`;
  }
  if (code === 'EACCES' && syscall === 'listen')
    return `PORT ${config.port} may not be used by ${user()} (${code}): set one over 1023`;
  const ofAddress = addressAdvice[code]?.(config);
  return ofAddress && `${ofAddress} (${code})`;
}

function user(): string {
  return `user ${process.geteuid?.() ?? 'that runs Mayfly'}`;
}
