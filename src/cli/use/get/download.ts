import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, lstat, open, readFile, rm } from 'node:fs/promises';
import { type Client, NetworkError, type PayloadInfo } from '../../../client/index.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { openNew } from '../../shared/open-new.ts';
import { startProgress } from '../progress.ts';
import { bodyOf, ConnectionLost, refuseMore } from './body.ts';

/** Windows has no such flag. */
const noLink = constants.O_NOFOLLOW ?? 0;

type Download = { payloads: Client['payloads']; id: string; info: PayloadInfo; signal: AbortSignal };

/**
 * Downloads a payload into `path`. It resumes a partial download of the same content, which it knows by `path.etag`.
 * After a lost connection it retries as long as each try makes progress. A counted read is not retried.
 *
 * @param mode Permissions of the file; by default those of any new file.
 * @throws CommandFailure `away`, with the partial download kept; `damaged` if the size or the checksum is wrong
 */
export async function downloadTo(
  path: string,
  download: Download,
  label: string,
  mode?: number,
): Promise<void> {
  const { info } = download;
  const etagPath = `${path}.etag`;
  const isSame =
    info.etag !== undefined && (await readFile(etagPath, 'utf8').catch(() => undefined)) === info.etag;
  let done = isSame ? await sizeOfFile(path) : 0;
  if (info.size !== undefined && done > info.size) done = 0;
  const file = await (done > 0 ? open(path, constants.O_RDWR | noLink) : openNew(path, mode));
  const progress = await startProgress(label, info.size, done);
  let digest: string | undefined;
  try {
    if (mode !== undefined) await file.chmod(mode);
    if (info.etag !== undefined && !isSame) {
      const etagFile = await openNew(etagPath);
      await etagFile.writeFile(info.etag).finally(() => etagFile.close());
    }
    for (;;) {
      if (info.size !== undefined && done === info.size && done > 0) break;
      const before = done;
      try {
        digest = await fill(file, download, done, (bytes) => {
          done = bytes;
          progress.update(bytes);
        });
        break;
      } catch (error) {
        download.signal.throwIfAborted();
        if (error instanceof CommandFailure && error.code === exitCodes.damaged) await discardDownload(path);
        if (!(error instanceof ConnectionLost || error instanceof NetworkError)) throw error;
        if (info.counted || done === before)
          throw new CommandFailure(connectionLost(path, info), exitCodes.away);
      }
    }
    await file.sync();
  } finally {
    progress.stop();
    await file.close();
  }
  await verify(path, download, digest ?? digestIn(info.headers));
}

/** Removes a download and its ETag file. */
export async function discardDownload(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.etag`, { force: true });
}

function connectionLost(path: string, { counted, readsLeft = 1, etag }: PayloadInfo): string {
  if (counted && readsLeft > 1) return 'the connection broke; trying again takes another read';
  if (counted) return `the connection broke, and the payload cannot be read again; ${path} has what arrived`;
  return `the connection broke; ${etag === undefined ? 'try again' : 'run the same command again to resume'}`;
}

/** Downloads the content from `start` on. Resolves with the digest of the whole content, if the server sent it. */
async function fill(
  file: FileHandle,
  { payloads, id, info, signal }: Download,
  start: number,
  onBytes: (bytes: number) => void,
): Promise<string | undefined> {
  const read = await payloads.get(id, {
    signal,
    ...(start > 0 && { range: { start }, ifRange: info.etag }),
  });
  let at = read.status === 206 ? start : 0;
  if (at === 0) await file.truncate(0);
  for await (const chunk of bodyOf(read, signal)) {
    refuseMore(at + chunk.byteLength, info.size);
    await writeWhole(file, chunk, at);
    at += chunk.byteLength;
    onBytes(at);
  }
  if (info.size !== undefined && at < info.size) throw new ConnectionLost();
  return read.status === 200 ? digestIn(read.headers) : undefined;
}

/** Writes a whole chunk, even if the system accepts only some of it at once. */
export async function writeWhole(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, written, chunk.byteLength - written, position + written);
    written += bytesWritten;
  }
}

/** The SHA-256 in base64 of `Repr-Digest` (RFC 9530). */
export function digestIn(headers: Headers): string | undefined {
  return /\bsha-256=:([^:]*):/.exec(headers.get('repr-digest') ?? '')?.[1];
}

async function verify(
  path: string,
  { info: { size }, signal }: Download,
  digest: string | undefined,
): Promise<void> {
  const found = await sizeOfFile(path);
  if (size !== undefined && found !== size) await refuse(path, `${found} bytes arrived instead of ${size}`);
  if (digest === undefined) return;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Uint8Array);
  if (hash.digest('base64') !== digest)
    await refuse(path, 'its SHA-256 differs from the one that the server sent');
}

async function refuse(path: string, reason: string): Promise<never> {
  await discardDownload(path);
  throw new CommandFailure(`the content is damaged: ${reason}`, exitCodes.damaged);
}

/** 0 if there is no file, or something else, such as a link. */
async function sizeOfFile(path: string): Promise<number> {
  return lstat(path).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
}
