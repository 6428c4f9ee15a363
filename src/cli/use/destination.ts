import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailure } from '../shared/command-failure.ts';

/**
 * Where content goes: to stdout, into something that is no ordinary file, such as a device or a pipe, to a file, or into
 * a folder under the content's own name.
 */
export type Destination =
  | { kind: 'stdout' }
  | { kind: 'device'; path: string }
  | { kind: 'file'; path: string }
  | { kind: 'folder'; path: string };

type DestinationOptions = { output?: string; ownName?: boolean };

export async function destinationOf({ output, ownName }: DestinationOptions): Promise<Destination> {
  if (output === undefined) return ownName ? { kind: 'folder', path: '.' } : { kind: 'stdout' };
  // Where stdout is a socket, there is nothing that could be opened under its name.
  if (/^(?:-|\/dev\/(?:stdout|fd\/1)|\/proc\/self\/fd\/1)$/.test(output)) return { kind: 'stdout' };
  const found = await stat(output).catch(() => undefined);
  if (found?.isDirectory() || (!found && output.endsWith('/'))) return { kind: 'folder', path: output };
  // These are there already, opened by the shell or by the system: in their place there can be no file.
  if (found && (!found.isFile() || /^\/(?:dev\/(?:std|fd\/)|proc\/)/.test(output)))
    return { kind: 'device', path: output };
  // A link stays one: what it leads to is replaced.
  return { kind: 'file', path: found ? await realpath(output) : output };
}

/** The permissions of the file that is to be replaced, which the new one has too. */
export async function modeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mode }) => mode & 0o777,
    () => undefined,
  );
}

/**
 * A path in the folder under a name that somebody else chose: nothing in it leads out of the folder or hides the file,
 * and no file that is there is replaced.
 *
 * @param fallback Where the name is none that a file can have.
 * @throws CommandFailure where there is one
 */
export async function newFileIn(
  folder: string,
  name: string | null | undefined,
  fallback: string,
): Promise<string> {
  const path = join(folder, safeName(name) ?? fallback);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new CommandFailure(`${path} is there already; -o ${path} replaces it`);
  return path;
}

/** The last part of a name, without what a file system or a terminal would take for more than a name. */
export function safeName(name: string | null | undefined): string | undefined {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? '';
  const plain = last
    .replaceAll(/\p{Cc}|\p{Cf}/gu, '')
    .replace(/^[.\s]+/, '')
    .trim();
  // A name of 255 bytes is the longest that common file systems take, and that of a download says more.
  return plain === '' || Buffer.byteLength(plain) > 220 ? undefined : plain;
}
