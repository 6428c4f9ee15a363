import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Client, NetworkError, type ObjectInfo } from '../../../client/index.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { openNew } from '../../shared/open-new.ts';
import { bodyOf, ConnectionLost, refuseMore } from '../get/body.ts';
import { whileClaimed } from '../get/claim.ts';
import { type Destination, modeOf } from '../get/destination.ts';
import { writeWhole } from '../get/download.ts';
import { writeToDevice, writeToStdout } from '../get/output.ts';
import { startProgress } from '../progress.ts';
import type { ObjectPath } from './object-path.ts';

/** The size of one range request (bytes), and how many run in parallel. */
const rangeSize = 8 * 1024 * 1024;
const parallel = 4;
/** How often a range is requested without any progress. */
const maxTries = 3;

/**
 * Downloads an object into a file. A large object is read in parallel ranges, all of the same version. An existing file
 * is replaced only when the download is complete.
 *
 * @throws CommandFailure `damaged` if the checksum is wrong
 */
export async function downloadObject(
  objects: Client['objects'],
  { bucket, key }: ObjectPath,
  destination: Exclude<Destination, { kind: 'folder' }>,
  signal: AbortSignal,
): Promise<void> {
  if (destination.kind === 'stdout' || destination.kind === 'device') {
    const body = bodyOf(await objects.get(bucket, key, { signal }), signal);
    if (destination.kind === 'stdout') await writeToStdout(body, { asIs: true, signal });
    else await writeToDevice(destination.path, body, { asIs: true, signal });
    return;
  }
  const info = await objects.info(bucket, key, { signal });
  const { path } = destination;
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  await whileClaimed(part, async () => {
    const read: Read = (ask) => objects.get(bucket, key, { ...ask, signal });
    await writePart(part, info, read, { label: key, mode: await modeOf(path), signal });
    await rename(part, path).catch(async (error) => {
      await rm(part, { force: true });
      throw error;
    });
  });
}

/** Removes the file on failure. */
async function writePart(
  part: string,
  info: ObjectInfo,
  read: Read,
  { label, mode, signal }: { label: string; mode: number | undefined; signal: AbortSignal },
): Promise<void> {
  const file = await openNew(part, mode);
  const progress = await startProgress(label, info.size);
  try {
    if (mode !== undefined) await file.chmod(mode);
    await fill(file, info, read, signal, progress.update);
    await file.sync();
    await file.close();
    await verify(part, info);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  } finally {
    progress.stop();
  }
}

type Ask = { range?: { start: number; end: number }; ifRange?: string };
type Read = (ask: Ask) => ReturnType<Client['objects']['get']>;

async function fill(
  file: FileHandle,
  { size = 0, etag }: ObjectInfo,
  read: Read,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < size) {
      const start = next;
      next = Math.min(size, start + rangeSize);
      await fillRange(file, read, { start, end: next - 1 }, etag, signal, (bytes) => {
        done += bytes;
        onBytes(done);
      });
    }
  };
  const workers = Array.from({ length: Math.min(parallel, Math.ceil(size / rangeSize)) }, work);
  const failed = (await Promise.allSettled(workers)).find((worker) => worker.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Reads one range, and resumes it when the connection is lost. */
async function fillRange(
  file: FileHandle,
  read: Read,
  { start, end }: { start: number; end: number },
  etag: string | undefined,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let at = start;
  for (let tries = 1; at <= end; ) {
    const before = at;
    try {
      const answer = await read({ range: { start: at, end }, ifRange: etag });
      if (answer.status !== 206) {
        await answer.stream.cancel();
        throw new CommandFailure('the object was replaced during the download; try again');
      }
      for await (const chunk of bodyOf(answer, signal)) {
        refuseMore(at + chunk.byteLength, end + 1);
        await writeWhole(file, chunk, at);
        at += chunk.byteLength;
        onBytes(chunk.byteLength);
      }
      if (at <= end) throw new ConnectionLost();
    } catch (error) {
      tries = at > before ? 1 : tries + 1;
      if (!(error instanceof ConnectionLost || error instanceof NetworkError) || tries > maxTries)
        throw error;
    }
  }
}

async function verify(path: string, { sha256 }: ObjectInfo): Promise<void> {
  if (sha256 === undefined) return;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  if (hash.digest('base64') !== sha256)
    throw new CommandFailure(
      'the content is damaged: its SHA-256 differs from the one that the server sent',
      exitCodes.damaged,
    );
}
