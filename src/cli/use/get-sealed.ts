import { createReadStream } from 'node:fs';
import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PayloadInfo } from '../../client/index.ts';
import { isTextHead } from '../../naming/media-type.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { BrokenOff, bodyOf } from './body.ts';
import { whileClaimed } from './claim.ts';
import { type Destination, modeOf, newFileIn } from './destination.ts';
import { discardDownload, downloadTo } from './download.ts';
import { failureOf } from './failure-of.ts';
import { keepAs, say } from './keep.ts';
import { webStream } from './local-source.ts';
import { isTextType } from './media-types.ts';
import { type Opened, openSealed } from './opening.ts';
import { isForTerminal, writeToDevice, writeToStdout } from './output.ts';
import type { Reading } from './reading.ts';
import { requireRoom } from './room.ts';
import { unopenedPath } from './settings.ts';
import { withHead } from './stream-head.ts';

type Key = { secret: string; password: string | undefined };

/** Reads and opens what is encrypted. */
export async function getSealed(reading: Reading, info: PayloadInfo, key: Key): Promise<void> {
  const { payloads, id, signal, destination } = reading;
  if (info.counted) return getOnce(reading, info, key);
  if (destination.kind === 'stdout' || destination.kind === 'device') {
    // Read anew for each password: nothing is lost by a wrong one.
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
      // With the right password the same command goes on with what is there.
      if (isDamage(error)) await discardDownload(part);
      throw error;
    }
    await discardDownload(part);
  });
}

async function readOnce({ payloads, id, signal }: Reading, info: PayloadInfo, path: string): Promise<void> {
  const part = `${path}.part`;
  try {
    await downloadTo(part, { payloads, id, info, signal }, info.name ?? id);
  } catch (error) {
    await discardDownload(part);
    if (!(error instanceof CommandFailure) || error.code !== exitCodes.away || (info.readsLeft ?? 1) > 1)
      throw error;
    throw new BrokenOff('the connection broke, and it cannot be read again');
  }
  await rename(part, path);
}

/** A counted one may come only once, so it is kept, encrypted, until it has been opened. */
async function getOnce(reading: Reading, info: PayloadInfo, key: Key): Promise<void> {
  const { environment, id, destination } = reading;
  const kept = await placeFor(environment, id);
  try {
    await requireRoom(dirname(kept.path), info.size);
    if (destination.kind === 'file' || destination.kind === 'folder') {
      await mkdir(folderOf(destination), { recursive: true });
      await requireRoom(folderOf(destination), info.size);
    }
    await whileClaimed(kept.path, async () => {
      await readOnce(reading, info, kept.path);
      await openKept(reading, key, kept);
    });
  } finally {
    if (kept.isTemporary) await rm(dirname(kept.path), { recursive: true, force: true });
  }
}

/** What an earlier call has read and could not open, where there is that. */
export async function openEarlierRead(reading: Reading, key: () => Promise<Key>): Promise<boolean> {
  const path = unopenedPath(reading.environment, reading.id);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) await openKept(reading, await key(), { path, isTemporary: false });
  return isThere;
}

type Kept = { path: string; isTemporary: boolean };

/** Where there can be no state, as in a home that nobody may write to, it is kept for this call only. */
async function placeFor(environment: Reading['environment'], id: string): Promise<Kept> {
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
    const isNobodyReading = failure instanceof CommandFailure && failure.message === '';
    if (isDamage(error) || isNobodyReading) await rm(path, { force: true });
    else if (failure instanceof CommandFailure && !isTemporary)
      throw new CommandFailure(
        `${failure.message}; its read was taken, so it is kept here, encrypted: the same command opens it`,
        failure.code,
      );
    throw failure;
  }
  await rm(path, { force: true });
}

/** Hands on what was opened. */
async function deliver({ metadata, stream }: Opened, reading: Reading): Promise<void> {
  const { destination, signal, id } = reading;
  const output = { asIs: reading.asIs, signal };
  if (destination.kind === 'device') return void (await writeToDevice(destination.path, stream, output));
  const { head, stream: whole } = await withHead(stream);
  const isShown = !isForTerminal(output) || (isTextType(metadata.type) && isTextHead(head));
  if (destination.kind === 'stdout' && isShown) return void (await writeToStdout(whole, output));
  if (destination.kind === 'file')
    return keepAs(destination.path, whole, signal, await modeOf(destination.path));
  // On a terminal it would do things, and it may be that it cannot be read again.
  const path = await newFileIn(folderOf(destination), metadata.name, id);
  await keepAs(path, whole, signal);
  await say(path);
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
