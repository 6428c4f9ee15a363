import { createReadStream } from 'node:fs';
import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PayloadInfo } from '../../../client/index.ts';
import { isTextHead } from '../../../naming/media-type.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { failureOf } from '../failure-of.ts';
import { webStream } from '../put/local-source.ts';
import { isTextType } from '../put/media-types.ts';
import { withHead } from '../put/stream-head.ts';
import { unopenedPath } from '../settings.ts';
import { bodyOf, ConnectionLost } from './body.ts';
import { whileClaimed } from './claim.ts';
import { type Destination, modeOf, newFileIn } from './destination.ts';
import { discardDownload, downloadTo } from './download.ts';
import { keepAs, printPath } from './keep.ts';
import { type Opened, openSealed } from './opening.ts';
import { isForTerminal, writeToDevice, writeToStdout } from './output.ts';
import type { Reading } from './reading.ts';
import { requireRoom } from './room.ts';

type Key = { secret: string; password: string | undefined };

/** Downloads and decrypts an encrypted payload. */
export async function getSealed(reading: Reading, info: PayloadInfo, key: Key): Promise<void> {
  const { payloads, id, signal, destination } = reading;
  if (info.counted) return getCounted(reading, info, key);
  if (destination.kind === 'stdout' || destination.kind === 'device') {
    // Each password needs a new request: the stream of the previous try is consumed.
    const fetched = async () => bodyOf(await payloads.get(id, { signal }), signal);
    return deliver(await openSealed(fetched, key, signal), reading);
  }
  const folder = folderOf(destination);
  await mkdir(folder, { recursive: true });
  const part = destination.kind === 'file' ? `${destination.path}.part` : join(folder, `${id}.part`);
  await whileClaimed(part, async () => {
    await downloadTo(part, { payloads, id, info, signal }, info.name ?? id);
    try {
      await deliver(await openSealed(fromFile(part), key, signal), reading);
    } catch (error) {
      // After a wrong password the file stays, so that the same command can open it.
      if (isDamage(error)) await discardDownload(part);
      throw error;
    }
    await discardDownload(part);
  });
}

async function readCounted(
  { payloads, id, signal }: Reading,
  info: PayloadInfo,
  path: string,
): Promise<void> {
  const part = `${path}.part`;
  try {
    await downloadTo(part, { payloads, id, info, signal }, info.name ?? id);
  } catch (error) {
    await discardDownload(part);
    if (!(error instanceof CommandFailure) || error.code !== exitCodes.away || (info.readsLeft ?? 1) > 1)
      throw error;
    throw new ConnectionLost('the connection broke, and the payload cannot be read again');
  }
  await rename(part, path);
}

/** Reads a counted payload. It may be readable only once, so the encrypted bytes are kept until they are opened. */
async function getCounted(reading: Reading, info: PayloadInfo, key: Key): Promise<void> {
  const { environment, id, destination } = reading;
  const kept = await keptPathFor(environment, id);
  try {
    await requireRoom(dirname(kept.path), info.size);
    if (destination.kind === 'file' || destination.kind === 'folder') {
      await mkdir(folderOf(destination), { recursive: true });
      await requireRoom(folderOf(destination), info.size);
    }
    await whileClaimed(kept.path, async () => {
      await readCounted(reading, info, kept.path);
      await openKept(reading, key, kept);
    });
  } finally {
    if (kept.isTemporary) await rm(dirname(kept.path), { recursive: true, force: true });
  }
}

/** Opens what an earlier call read but could not open. Returns false if there is nothing. */
export async function openEarlierRead(reading: Reading, key: () => Promise<Key>): Promise<boolean> {
  const path = unopenedPath(reading.environment, reading.id);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) await openKept(reading, await key(), { path, isTemporary: false });
  return exists;
}

type Kept = { path: string; isTemporary: boolean };

/** If the state folder is not writable, the bytes are kept in a temporary folder, for this call only. */
async function keptPathFor(environment: Reading['environment'], id: string): Promise<Kept> {
  const path = unopenedPath(environment, id);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await access(dirname(path), constants.W_OK);
    return { path, isTemporary: false };
  } catch {
    return { path: join(await mkdtemp(join(tmpdir(), 'mayfly-')), id), isTemporary: true };
  }
}

async function openKept(reading: Reading, key: Key, { path, isTemporary }: Kept): Promise<void> {
  try {
    await deliver(await openSealed(fromFile(path), key, reading.signal), reading);
  } catch (error) {
    const failure = failureOf(error);
    const isPipeClosed = failure instanceof CommandFailure && failure.message === '';
    if (isDamage(error) || isPipeClosed) await rm(path, { force: true });
    else if (failure instanceof CommandFailure && !isTemporary)
      throw new CommandFailure(
        `${failure.message}; the read was counted, so the encrypted content is kept: run the same command again to open it`,
        failure.code,
      );
    throw failure;
  }
  await rm(path, { force: true });
}

/** Writes the decrypted content to its destination. */
async function deliver({ metadata, stream }: Opened, reading: Reading): Promise<void> {
  const { destination, signal, id } = reading;
  const output = { asIs: reading.asIs, signal };
  if (destination.kind === 'device') return void (await writeToDevice(destination.path, stream, output));
  const { head, stream: whole } = await withHead(stream);
  const isShown = !isForTerminal(output) || (isTextType(metadata.type) && isTextHead(head));
  if (destination.kind === 'stdout' && isShown) return void (await writeToStdout(whole, output));
  if (destination.kind === 'file')
    return keepAs(destination.path, whole, signal, await modeOf(destination.path));
  // Binary content must not go to a terminal, and possibly cannot be read again.
  const path = await newFileIn(folderOf(destination), metadata.name, id);
  await keepAs(path, whole, signal);
  await printPath(path);
}

const fromFile = (path: string) => async () => webStream(createReadStream(path));

function isDamage(error: unknown): boolean {
  const failure = failureOf(error);
  return failure instanceof CommandFailure && failure.code === exitCodes.damaged;
}

function folderOf(destination: Destination): string {
  if (destination.kind === 'folder') return destination.path;
  return destination.kind === 'file' ? dirname(destination.path) : '.';
}
