import { stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { createClient } from '../../client/index.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { parseObjectPath } from './copy/object-path.ts';
import { refuseMistakenPassword } from './password.ts';
import { localSource, withType } from './put/local-source.ts';
import { jsonLine, type PutOptions, putOne, termsOf } from './put/put.ts';
import { type Environment, readSettings } from './settings.ts';
import { printable, write } from './terminal.ts';

export type WatchOptions = Omit<PutOptions, 'type' | 'name' | 'qr' | 'copy'> & { to?: string };

/** A file counts as complete when its size has not changed for this long (ms). */
const stableForMs = 1000;

/** How often the folder itself is looked for (ms): chokidar misses the removal of a folder that is empty by then. */
const lookEveryMs = 1000;

/**
 * `watch DIR`: uploads new and changed files, with one line for each, until Ctrl-C or SIGTERM. It exits with 0, or with
 * 130 if an upload was cut off. Hidden files and temporary files of mayfly are ignored.
 */
export async function watch(
  environment: Environment,
  folder: string,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<number> {
  const watched = await stat(folder);
  if (!watched.isDirectory()) throw new CommandFailure(`${folder} is not a folder`, exitCodes.wrongCall);
  const upload = await uploader(environment, folder, options, signal);
  const { watch: open } = await import('chokidar');
  const stop = new AbortController();
  const watcher = open(folder, {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: stableForMs, pollInterval: 100 },
    ignored: (path) =>
      path !== folder &&
      /^\.|\.(?:part|opening)(?:\.etag|\.mayfly-\d+)?$|~$/.test(path.split(sep).at(-1) ?? ''),
  });
  let queue = Promise.resolve();
  let underWay = 0;
  const enqueue = (path: string) => {
    underWay += 1;
    queue = queue
      .then(async () => {
        // Reading a pipe could block forever, and a temporary file may be gone already.
        if (!stop.signal.aborted && (await isRegularFile(path))) await upload(path);
        underWay -= 1;
      })
      .catch(async (error) => {
        if (signal.aborted) return;
        underWay -= 1;
        if (!(await reportFailure(path, error))) stop.abort(error);
      });
  };
  watcher.on('add', enqueue).on('change', enqueue);
  const lookForFolder = setInterval(async () => {
    // A folder that was created again in its place is not watched.
    const isThere = await stat(folder).then(
      ({ ino }) => ino === watched.ino,
      ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT' && code !== 'ENOTDIR',
    );
    if (!isThere) stop.abort(new CommandFailure(`${folder} was removed`));
  }, lookEveryMs);
  try {
    await new Promise<void>((resolve, reject) => {
      watcher.on('error', reject);
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
      watcher.on('ready', () => {
        process.stderr.write(`mayfly: watching ${printable(folder)}; Ctrl-C ends it\n`);
      });
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
  } finally {
    clearInterval(lookForFolder);
    await watcher.close();
    await queue;
  }
  return underWay > 0 ? exitCodes.interrupted : exitCodes.done;
}

/**
 * Reports the failure of one file. Returns false if watching cannot continue, for example if nobody reads the output.
 */
async function reportFailure(path: string, error: unknown): Promise<boolean> {
  const { failureOf } = await import('./failure-of.ts');
  const failure = failureOf(error);
  if (!(failure instanceof CommandFailure) || failure.message === '') return false;
  await write(process.stderr, `mayfly: ${printable(`${path}: ${failure.message}`)}\n`);
  return true;
}

async function isRegularFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function uploader(
  environment: Environment,
  folder: string,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<(path: string) => Promise<void>> {
  const settings = await readSettings(environment, options);
  if (options.to === undefined) {
    refuseMistakenPassword(options);
    const terms = await termsOf(environment, settings, options, signal);
    return async (path) => {
      const saved = await putOne(environment, settings, await localSource(path), terms, signal);
      // On a terminal the file name shows which upload it was; scripts use JSON.
      const line = process.stdout.isTTY ? `${saved.url}  ${printable(relative(folder, path))}` : saved.url;
      await write(process.stdout, `${options.json ? jsonLine(saved) : line}\n`);
    };
  }
  const { encrypt, password = options.passwordFile, reads } = options;
  if (encrypt || password !== undefined || reads !== undefined)
    throw new CommandFailure(
      '--encrypt, --password and --reads work with payloads only, not with --to',
      exitCodes.wrongCall,
    );
  const target = parseObjectPath(options.to.includes(':') ? options.to : `${options.to}:`);
  if (target === undefined)
    throw new CommandFailure(`--to ${options.to} is not a bucket name or bucket:prefix`, exitCodes.wrongCall);
  const { objects } = createClient(settings);
  return async (path) => {
    const key = `${target.key}${relative(folder, path).split(sep).join('/')}`;
    const { source, type } = await withType(await localSource(path), path, signal);
    const object = await objects.put(target.bucket, key, source, {
      type,
      ttl: options.ttl,
      signal,
    });
    await write(process.stdout, `${options.json ? JSON.stringify(object) : `${target.bucket}:${key}`}\n`);
  };
}
