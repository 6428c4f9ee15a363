import { chmodSync, chownSync, statSync } from 'node:fs';
import { temporaryDirectory } from './temporary-directory.ts';

/** PostgreSQL refuses to run as root. This user exists everywhere and owns nothing. */
export const nobody = 65_534;
export const isRoot = process.getuid?.() === 0;

/** A folder for a process that does not run as root. */
export function ownDirectory(name: string, parent: string): string {
  // Folders of file systems that a test mounts belong to root.
  if (isRoot) chmodSync(parent, statSync(parent).mode | 0o011);
  const directory = temporaryDirectory(name, parent);
  if (isRoot) chownSync(directory, nobody, nobody);
  return directory;
}

/**
 * The command that runs a server as another user than root.
 *
 * @param end The signal that it gets when this process ends: Bun runs no clean-up if `-t` matches no test.
 */
export function unprivileged(
  program: string,
  args: string[],
  end: 'INT' | 'KILL' | 'clear' = 'INT',
): [string, ...string[]] {
  const user = isRoot ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
  return ['setpriv', ...user, `--pdeathsig=${end}`, program, ...args];
}
