import { mkdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { attempt, type Copying } from './copying.ts';
import { destinationOf } from './destination.ts';
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
        `${bucket}:${key} names no object; -r copies all below it`,
        exitCodes.wrongCall,
      );
    if (isOneOfMany && !isFolder)
      throw new CommandFailure(
        `for several sources the target must be a folder: ${target}/`,
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
  const folded = new Set<string>();
  do {
    const page = await objects.list(bucket, { prefix, cursor, limit: 1000, signal });
    for (const { key, size } of page.data)
      await attempt(copying, key, async () => {
        const name = key.slice(prefix.length);
        if (name === '' || name.endsWith('/')) return makeFolder(target, name, size);
        const path = localPath(target, name);
        await refuseOtherCase(path, folded);
        await downloadObject(objects, { bucket, key }, { kind: 'file', path }, signal);
      });
    found += page.data.length;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  if (found === 0) throw new CommandFailure(`there is nothing below ${bucket}:${prefix}`, exitCodes.notFound);
}

/** Programs mark a folder by an empty object whose key ends in a slash. */
async function makeFolder(target: string, name: string, size: number): Promise<void> {
  if (size > 0) throw new CommandFailure('it has content, but its key names a folder');
  await mkdir(name === '' ? target : localPath(target, name.slice(0, -1)), { recursive: true });
}

/**
 * Where an object goes in a folder. Anybody may have chosen the key: it may not lead out of the folder, nor to the
 * place of another key.
 */
export function localPath(folder: string, name: string): string {
  const isPlain = name.split('/').every((segment) => !['', '.', '..'].includes(segment));
  if (!isPlain || /\p{Cc}/u.test(name))
    throw new CommandFailure(`the key ${JSON.stringify(name)} cannot be the name of a file`);
  return join(folder, ...name.split('/'));
}

/** @throws CommandFailure where the file system takes a path for one written before that differs in case alone */
async function refuseOtherCase(path: string, folded: Set<string>): Promise<void> {
  const known = folded.size;
  folded.add(path.normalize().toLowerCase());
  if (folded.size > known) return;
  const there = await realpath(path).catch(() => undefined);
  if (there !== undefined && basename(there) !== basename(path))
    throw new CommandFailure(`this file system has one file for it and for ${basename(there)}`);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
