import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import type { Copying } from './copying.ts';
import { destinationOf } from './destination.ts';
import { downloadObject } from './download-object.ts';
import { failureOfOne } from './failure-of.ts';
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
  let copied = 0;
  do {
    const page = await objects.list(bucket, { prefix, cursor, limit: 1000, signal });
    for (const object of page.data) {
      const { key } = object;
      const path = localPath(target, key.slice(prefix.length));
      await downloadObject(objects, { bucket, key }, { kind: 'file', path }, signal).catch((error) => {
        throw failureOfOne(key, error);
      });
      copied += 1;
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  if (copied === 0)
    throw new CommandFailure(`there is nothing below ${bucket}:${prefix}`, exitCodes.notFound);
}

/** A key is the choice of whoever wrote it: it may not lead out of the folder. */
function localPath(folder: string, key: string): string {
  const parts = key.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..') || /\p{Cc}/u.test(key))
    throw new CommandFailure(`the key ${JSON.stringify(key)} cannot be the name of a file`);
  return join(folder, ...parts);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
