import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { type Client, createClient } from '../../client/index.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { downloadObject } from './download-object.ts';
import { localSource } from './local-source.ts';
import { typeByName } from './media-types.ts';
import { type ObjectPath, parseObjectPath } from './object-path.ts';
import { startProgress } from './progress.ts';
import { type Environment, readSettings } from './settings.ts';

export type CopyOptions = { url?: string; recursive?: boolean; ttl?: string; type?: string };

type Copying = { objects: Client['objects']; options: CopyOptions; signal: AbortSignal };

/** `cp SOURCE… TARGET`: between files here and objects of buckets, where one side or both are `bucket:key`. */
export async function copy(
  environment: Environment,
  paths: string[],
  options: CopyOptions,
  signal: AbortSignal,
): Promise<number> {
  const target = paths.at(-1) ?? '';
  const sources = paths.slice(0, -1);
  // The default expiry of the config file is that of payloads: an object lasts unless it is told otherwise.
  const { url, key } = await readSettings(environment, { url: options.url });
  const copying = { objects: createClient({ url, key }).objects, options, signal };
  const remoteTarget = parseObjectPath(target);
  for (const source of sources) {
    const remoteSource = parseObjectPath(source);
    const isOneOfMany = sources.length > 1;
    if (remoteSource && remoteTarget) await copyWithin(copying, remoteSource, remoteTarget, isOneOfMany);
    else if (remoteSource) await copyDown(copying, remoteSource, target, isOneOfMany);
    else if (remoteTarget) await copyUp(copying, source, remoteTarget, isOneOfMany);
    else
      throw new CommandFailure(
        'one side must be bucket:key; cp of the system copies from here to here',
        exitCodes.wrongCall,
      );
  }
  return exitCodes.done;
}

async function copyUp(
  copying: Copying,
  source: string,
  target: ObjectPath,
  isOneOfMany: boolean,
): Promise<void> {
  const isFolder = source !== '-' && (await stat(source)).isDirectory();
  if (!isFolder)
    return putFile(copying, source, keyFor(target, basename(source), isOneOfMany, source), target.bucket);
  if (!copying.options.recursive)
    throw new CommandFailure(`${source} is a folder; -r copies what is in it`, exitCodes.wrongCall);
  // As `cp -r`: the folder itself goes where the target is a place for several.
  const prefix = isOneOfMany ? keyFor(target, basename(source), true, source) : target.key;
  for (const path of await filesIn(source)) {
    const name = relative(source, path).split(sep).join('/');
    await putFile(
      copying,
      path,
      prefix === '' || prefix.endsWith('/') ? prefix + name : `${prefix}/${name}`,
      target.bucket,
    );
  }
}

/** `bucket:` and `bucket:folder/` take a file under its own name. */
function keyFor({ bucket, key }: ObjectPath, name: string, isOneOfMany: boolean, source: string): string {
  if (key !== '' && !key.endsWith('/')) {
    if (isOneOfMany)
      throw new CommandFailure(
        `for several sources the target must end in a slash: ${bucket}:${key}/`,
        exitCodes.wrongCall,
      );
    return key;
  }
  if (source === '-') throw new CommandFailure('stdin has no name; give the whole key', exitCodes.wrongCall);
  return key + name;
}

async function putFile(
  { objects, options: { ttl, type }, signal }: Copying,
  path: string,
  key: string,
  bucket: string,
): Promise<void> {
  const source = await localSource(path);
  const progress = await startProgress(key, source.size);
  try {
    await objects.put(bucket, key, source, {
      type: type ?? (await typeByName(key)),
      ttl,
      signal,
      onProgress: ({ sent }) => progress.update(sent),
    });
  } finally {
    progress.stop();
  }
}

/** Ordinary files, in order; links are followed to files, not to folders, which could lead round in a circle. */
async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort(byName)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesIn(path)));
    else if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path)).isFile())) files.push(path);
  }
  return files;
}

const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);

async function copyDown(
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
    return downloadObject(
      objects,
      { bucket, key },
      isFolder ? localPath(target, basename(key)) : target,
      signal,
    );
  }
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
  let cursor: string | undefined;
  let copied = 0;
  do {
    const page = await objects.list(bucket, { prefix, cursor, limit: 1000, signal });
    for (const object of page.data) {
      await downloadObject(
        objects,
        { bucket, key: object.key },
        localPath(target, object.key.slice(prefix.length)),
        signal,
      );
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

async function copyWithin(
  { objects, options, signal }: Copying,
  source: ObjectPath,
  target: ObjectPath,
  isOneOfMany: boolean,
): Promise<void> {
  if (options.recursive)
    throw new CommandFailure(
      '-r is for copies from here and to here, not within the server',
      exitCodes.wrongCall,
    );
  const key = keyFor(target, basename(source.key), isOneOfMany, source.key);
  await objects.copy(source.bucket, source.key, { bucket: target.bucket, key }, { signal });
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
