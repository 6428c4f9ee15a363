import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where this module is decides where everything else is: in `src/program/` of a checkout, in `lib/program/` of the
 * package, or joined with others into a module of the binary.
 */
const here = import.meta.url;
/** Where the binary shows its embedded files, in the folders of the checkout. */
const embedded = 'file:///$bunfs/root/';
const isBinary = here.startsWith(embedded);
const root = isBinary ? new URL(embedded) : new URL('../../', here);

/** The path of a file or folder that the program brings along, such as `migrations/sqlite`. */
export function ownPath(path: string): string {
  return join(fileURLToPath(root), path);
}

/** The URL of a module that runs in a thread of its own. @param module Its path below `src/`, without an extension */
export function threadModule(module: string): URL {
  return isBinary
    ? new URL(`src/${module}.js`, root)
    : new URL(`../${module}${here.slice(here.lastIndexOf('.'))}`, here);
}

/** The words that start this program again: the arguments of the command follow. */
export function ownCommand(): [program: string, ...args: string[]] {
  return isBinary
    ? [process.execPath]
    : [process.execPath, ...process.execArgv, fileURLToPath(threadModule('main'))];
}

/** The version of this program, as in package.json. */
export function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(ownPath('package.json'), 'utf8')) as { version: string };
  return version;
}
