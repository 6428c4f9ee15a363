import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { createClient } from '../../../client/index.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { startProgress } from '../progress.ts';
import { type LocalSource, localSource, withType } from '../put/local-source.ts';
import { type Environment, readSettings } from '../settings.ts';
import { printable, write } from '../terminal.ts';
import { copyDown } from './copy-down.ts';
import { attempt, type Copying, type CopyOptions } from './copying.ts';
import { type ObjectPath, parseObjectPath } from './object-path.ts';

/** Above this size (bytes) the limit is requested first: the server refuses a large object only after many bytes. */
const checkLimitAbove = 64 * 1024 * 1024;

/**
 * `cp SOURCE… TARGET`: copies between local files and objects; at least one side is `bucket:key`. After a failure it
 * continues with the next file or object. Failures are listed at the end; the first one decides the exit code.
 */
export async function copy(
  environment: Environment,
  paths: string[],
  options: CopyOptions,
  signal: AbortSignal,
): Promise<number> {
  const target = paths.at(-1) ?? '';
  const sources = paths.slice(0, -1);
  // The TTL of the config file is for payloads only: objects do not expire by default.
  const { url, key } = await readSettings(environment, { url: options.url });
  const { objects, account } = createClient({ url, key });
  let limit: Promise<number | undefined> | undefined;
  const maxObjectBytes = () => {
    limit ??= account.get({ signal }).then(
      ({ limits }) => limits.maxObjectBytes,
      () => undefined,
    );
    return limit;
  };
  const copying: Copying = { objects, options, signal, maxObjectBytes, failures: [] };
  const { failures } = copying;
  try {
    const [only = ''] = sources;
    if (sources.length === 1) await copyOne(copying, only, target, false);
    else
      for (const source of sources)
        await attempt(copying, source, () => copyOne(copying, source, target, true));
  } finally {
    for (const { message } of failures) await write(process.stderr, `mayfly: ${printable(message)}\n`);
  }
  return failures[0]?.code ?? exitCodes.done;
}

async function copyOne(
  copying: Copying,
  source: string,
  target: string,
  isOneOfMany: boolean,
): Promise<void> {
  const remoteSource = parseObjectPath(source);
  const remoteTarget = parseObjectPath(target);
  if (remoteSource && remoteTarget) await copyWithin(copying, remoteSource, remoteTarget, isOneOfMany);
  else if (remoteSource) await copyDown(copying, remoteSource, target, isOneOfMany);
  else if (remoteTarget) await copyUp(copying, source, remoteTarget, isOneOfMany);
  else
    throw new CommandFailure(
      'the source or the target must be bucket:key; use the cp of your system for local copies',
      exitCodes.wrongCall,
    );
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
    throw new CommandFailure(`${source} is a folder; -r copies its files`, exitCodes.wrongCall);
  // Like `cp -r`: with several sources, the name of the folder becomes part of the keys.
  const prefix = isOneOfMany ? keyFor(target, basename(source), true, source) : target.key;
  for (const path of await filesIn(copying, source)) {
    const name = relative(source, path).split(sep).join('/');
    const key = prefix === '' || prefix.endsWith('/') ? prefix + name : `${prefix}/${name}`;
    await attempt(copying, path, () => putFile(copying, path, key, target.bucket));
  }
}

/** With a target like `bucket:` or `bucket:folder/`, the file keeps its name. */
function keyFor({ bucket, key }: ObjectPath, name: string, isOneOfMany: boolean, source: string): string {
  if (key !== '' && !key.endsWith('/')) {
    if (isOneOfMany)
      throw new CommandFailure(
        `with several sources the target must end in a slash: ${bucket}:${key}/`,
        exitCodes.wrongCall,
      );
    return key;
  }
  if (source === '-')
    throw new CommandFailure('stdin has no name; add one to the target', exitCodes.wrongCall);
  return key + name;
}

async function putFile(
  { objects, options: { ttl, type }, signal, maxObjectBytes }: Copying,
  path: string,
  key: string,
  bucket: string,
): Promise<void> {
  const local = await localSource(path);
  if ((local.size ?? 0) > checkLimitAbove) refuseTooLarge(local, await maxObjectBytes());
  const typed = type === undefined ? await withType(local, key, signal) : { source: local, type };
  const { source } = typed;
  const progress = await startProgress(key, source.size);
  try {
    await objects.put(bucket, key, source, {
      type: typed.type,
      ttl,
      signal,
      onProgress: ({ sent }) => progress.update(sent),
    });
  } finally {
    progress.stop();
  }
}

function refuseTooLarge({ label, size = 0 }: LocalSource, limit: number | undefined): void {
  if (limit !== undefined && size > limit)
    throw new CommandFailure(
      `${label} has ${size} bytes, and an object may have ${limit}`,
      exitCodes.tooLarge,
    );
}

/** Regular files, sorted. Symbolic links to files are followed, but not to folders, which could form a cycle. */
async function filesIn(copying: Copying, folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort(byName)) {
    const path = join(folder, entry.name);
    await attempt(copying, path, async () => {
      if (entry.isDirectory()) files.push(...(await filesIn(copying, path)));
      else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(path)))) files.push(path);
      else throw new CommandFailure('cannot copy this: only files, folders and links to files can be copied');
    });
  }
  return files;
}

async function leadsToFile(link: string): Promise<boolean> {
  return stat(link).then(
    (found) => found.isFile(),
    () => false,
  );
}

const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);

async function copyWithin(
  { objects, options, signal }: Copying,
  source: ObjectPath,
  target: ObjectPath,
  isOneOfMany: boolean,
): Promise<void> {
  if (options.recursive)
    throw new CommandFailure(
      '-r does not work between buckets: copy objects one by one',
      exitCodes.wrongCall,
    );
  const key = keyFor(target, basename(source.key), isOneOfMany, source.key);
  await objects.copy(source.bucket, source.key, { bucket: target.bucket, key }, { signal });
}
