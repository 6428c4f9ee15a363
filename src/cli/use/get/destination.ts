import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailure } from '../../shared/command-failure.ts';

/**
 * Where content goes: to stdout, to a device (or a pipe or another special file), to a file, or into a folder under the
 * content's own name.
 */
export type Destination =
  | { kind: 'stdout' }
  | { kind: 'device'; path: string }
  | { kind: 'file'; path: string }
  | { kind: 'folder'; path: string };

type DestinationOptions = { output?: string; ownName?: boolean };

export async function destinationOf({ output, ownName }: DestinationOptions): Promise<Destination> {
  if (output === undefined) return ownName ? { kind: 'folder', path: '.' } : { kind: 'stdout' };
  // If stdout is a socket, its path cannot be opened.
  if (/^(?:-|\/dev\/(?:stdout|fd\/1)|\/proc\/self\/fd\/1)$/.test(output)) return { kind: 'stdout' };
  const found = await stat(output).catch(() => undefined);
  if (found?.isDirectory() || (!found && output.endsWith('/'))) return { kind: 'folder', path: output };
  // Special files are written to; they cannot be replaced by a file.
  if (found && (!found.isFile() || /^\/(?:dev\/(?:std|fd\/)|proc\/)/.test(output)))
    return { kind: 'device', path: output };
  // A symbolic link stays; its target is replaced.
  return { kind: 'file', path: found ? await realpath(output) : output };
}

/** The permissions of an existing file, for the file that replaces it. */
export async function modeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mode }) => mode & 0o777,
    () => undefined,
  );
}

/**
 * The path of a new file in a folder. The name is untrusted: it cannot lead out of the folder or hide the file.
 *
 * @param fallback A name to use if `name` is not usable as a file name.
 * @throws CommandFailure if the file exists
 */
export async function newFileIn(
  folder: string,
  name: string | null | undefined,
  fallback: string,
): Promise<string> {
  const path = join(folder, safeName(name) ?? fallback);
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new CommandFailure(`${path} exists already; -o ${path} replaces it`);
  return path;
}

/** The last segment of a name, without characters that are special to file systems or terminals. */
function safeName(name: string | null | undefined): string | undefined {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? '';
  const plain = last
    .replaceAll(/\p{Cc}|\p{Cf}/gu, '')
    .replace(/^[.\s]+/, '')
    .trim();
  // Common file systems allow names of 255 bytes, and the temporary file of a download has a longer name.
  return plain === '' || Buffer.byteLength(plain) > 220 ? undefined : plain;
}
