import { stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { createClient } from '../../client/index.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { localSource, withType } from './local-source.ts';
import { parseObjectPath } from './object-path.ts';
import { refuseMistakenPassword } from './password.ts';
import { type PutOptions, putOne, termsOf, told } from './put.ts';
import { type Environment, readSettings } from './settings.ts';
import { printable, write } from './terminal.ts';

export type WatchOptions = Omit<PutOptions, 'type' | 'name' | 'qr' | 'copy'> & { to?: string };

/** A file is whole when its size has not changed for so long (ms). */
const stableAfter = 1000;

/**
 * `watch DIR`: uploads what is new or changed there, a line for each, until Ctrl-C or SIGTERM: that is its
 * ordinary end, unless it cuts an upload off. Hidden files and those that are being written by us are left alone.
 */
export async function watch(
  environment: Environment,
  folder: string,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<number> {
  if (!(await stat(folder)).isDirectory())
    throw new CommandFailure(`${folder} is no folder`, exitCodes.wrongCall);
  const upload = await uploader(environment, folder, options, signal);
  const { watch: open } = await import('chokidar');
  const stop = new AbortController();
  const watcher = open(folder, {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: stableAfter, pollInterval: 100 },
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
        // A pipe would be waited for without end, and what is gone by now was for a moment only.
        if (!stop.signal.aborted && (await isOrdinaryFile(path))) await upload(path);
        underWay -= 1;
      })
      .catch(async (error) => {
        if (signal.aborted) return;
        underWay -= 1;
        if (!(await isToldOf(path, error))) stop.abort(error);
      });
  };
  watcher.on('add', enqueue).on('change', enqueue);
  try {
    await new Promise<void>((resolve, reject) => {
      watcher.on('error', reject);
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
      watcher.on('unlinkDir', (path) => {
        if (relative(folder, path) === '') reject(new CommandFailure(`${folder} is not there any more`));
      });
      watcher.on('ready', () => {
        process.stderr.write(`mayfly: watching ${printable(folder)}; Ctrl-C ends it\n`);
      });
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
  } finally {
    await watcher.close();
    await queue;
  }
  return underWay > 0 ? exitCodes.interrupted : exitCodes.done;
}

/** One file that fails is told of, and the others go on; false where going on makes no sense, as nobody reads. */
async function isToldOf(path: string, error: unknown): Promise<boolean> {
  const { failureOf } = await import('./failure-of.ts');
  const failure = failureOf(error);
  if (!(failure instanceof CommandFailure) || failure.message === '') return false;
  await write(process.stderr, `mayfly: ${printable(`${path}: ${failure.message}`)}\n`);
  return true;
}

async function isOrdinaryFile(path: string): Promise<boolean> {
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
      const paste = await putOne(environment, settings, await localSource(path), terms, signal);
      // Somebody who looks on has forgotten by then which file it was; a script asks for JSON.
      const line = process.stdout.isTTY ? `${paste.url}  ${printable(relative(folder, path))}` : paste.url;
      await write(process.stdout, `${options.json ? JSON.stringify(told(paste)) : line}\n`);
    };
  }
  const { encrypt, password = options.passwordFile, reads } = options;
  if (encrypt || password !== undefined || reads !== undefined)
    throw new CommandFailure(
      '--encrypt, passwords and --reads are for payloads: objects of a bucket have none of them',
      exitCodes.wrongCall,
    );
  const target = parseObjectPath(options.to.includes(':') ? options.to : `${options.to}:`);
  if (target === undefined)
    throw new CommandFailure(`--to ${options.to} is not bucket:prefix`, exitCodes.wrongCall);
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
