import { mkdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { destinationOf } from '../get/destination.ts';
import { attempt, type Copying } from './copying.ts';
import { downloadObject } from './download-object.ts';
import type { ObjectPath } from './object-path.ts';

/** Copies an object into a file or a folder, or all objects below a prefix into a folder. @throws CommandFailure */
export async function copyDown(
  copying: Copying,
  { bucket, key }: ObjectPath,
  target: string,
  isOneOfMany: boolean,
): Promise<void> {
  const { objects, options, signal } = copying;
  const isFolder = target.endsWith('/') || (await isDirectory(target));
  if (!options.recursive) {
    if (key === '' || key.endsWith('/'))
      throw new CommandFailure(
        `${bucket}:${key} is not the key of an object; -r copies all objects below it`,
        exitCodes.wrongCall,
      );
    if (isOneOfMany && !isFolder)
      throw new CommandFailure(
        `with several sources the target must be a folder: ${target}/`,
        exitCodes.wrongCall,
      );
    const destination = await destinationOf({ output: target });
    if (destination.kind !== 'folder') return downloadObject(objects, { bucket, key }, destination, signal);
    const path = localPath(target, basename(key));
    return downloadObject(objects, { bucket, key }, { kind: 'file', path }, signal);
  }
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
  let cursor: string | undefined;
  let found = 0;
  const foldedPaths = new Set<string>();
  do {
    const page = await objects.list(bucket, { prefix, cursor, limit: 1000, signal });
    for (const { key, size } of page.data)
      await attempt(copying, key, async () => {
        const name = key.slice(prefix.length);
        if (name === '' || name.endsWith('/')) return makeFolder(target, name, size);
        const path = localPath(target, name);
        await refuseOtherCase(path, foldedPaths);
        await downloadObject(objects, { bucket, key }, { kind: 'file', path }, signal);
      });
    found += page.data.length;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  if (found === 0) throw new CommandFailure(`no objects below ${bucket}:${prefix}`, exitCodes.notFound);
}

/** Some programs represent a folder by an empty object whose key ends in a slash. */
async function makeFolder(target: string, name: string, size: number): Promise<void> {
  if (size > 0)
    throw new CommandFailure('its key ends in a slash, as a folder does, but the object is not empty');
  await mkdir(name === '' ? target : localPath(target, name.slice(0, -1)), { recursive: true });
}

/**
 * The path of an object in a folder. Keys are untrusted: none may lead out of the folder or to the path of another key.
 */
export function localPath(folder: string, name: string): string {
  const isPlain = name.split('/').every((segment) => !['', '.', '..'].includes(segment));
  if (!isPlain || /\p{Cc}/u.test(name))
    throw new CommandFailure(`the key ${JSON.stringify(name)} is not a valid file name`);
  return join(folder, ...name.split('/'));
}

/** @throws CommandFailure if the file system ignores case and the path is that of a file that was just written */
async function refuseOtherCase(path: string, foldedPaths: Set<string>): Promise<void> {
  const before = foldedPaths.size;
  foldedPaths.add(path.normalize().toLowerCase());
  if (foldedPaths.size > before) return;
  const existing = await realpath(path).catch(() => undefined);
  if (existing !== undefined && basename(existing) !== basename(path))
    throw new CommandFailure(`this file system ignores case, so it would replace ${basename(existing)}`);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
