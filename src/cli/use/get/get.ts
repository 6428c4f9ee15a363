import { access, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createClient, type PayloadInfo, parseShareLink, type ShareLink } from '../../../client/index.ts';
import { sealedMediaType } from '../../../encryption/index.ts';
import { isTextHead } from '../../../naming/media-type.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { type PasswordOptions, passwordOf } from '../password.ts';
import { startProgress } from '../progress.ts';
import { isTextType } from '../put/media-types.ts';
import { withHead } from '../put/stream-head.ts';
import { type Environment, readSettings } from '../settings.ts';
import { canAsk, confirm, interrupted, printable } from '../terminal.ts';
import { bodyOf } from './body.ts';
import { whileClaimed } from './claim.ts';
import { type Destination, destinationOf, modeOf, newFileIn } from './destination.ts';
import { digestIn, discardDownload, downloadTo } from './download.ts';
import { getSealed, openEarlierRead } from './get-sealed.ts';
import { keepAs, printPath } from './keep.ts';
import { requireSecret } from './opening.ts';
import { isForTerminal, writeToDevice, writeToStdout } from './output.ts';
import type { Reading } from './reading.ts';
import { requireRoom } from './room.ts';

export type GetOptions = PasswordOptions & {
  url?: string;
  output?: string;
  ownName?: boolean;
  yes?: boolean;
};

/** `get URL|ID`: writes to stdout or a file, and decrypts if the link has a key. */
export async function get(
  environment: Environment,
  target: string,
  options: GetOptions,
  signal: AbortSignal,
): Promise<number> {
  const { url } = await readSettings(environment, options);
  const link = requireLink(target);
  const { payloads } = createClient({ url: link.url ?? url });
  const reading: Reading = {
    environment,
    payloads,
    id: link.id,
    signal,
    destination: await destinationOf(options),
    asIs: options.output !== undefined,
  };
  if (reading.destination.kind === 'file') await stat(dirname(reading.destination.path));
  const key = async () => ({
    secret: requireSecret(link.secret),
    password: await passwordOf(environment, options, signal),
  });
  if (link.secret !== undefined && (await openEarlierRead(reading, key))) return exitCodes.done;
  const info = await payloads.info(link.id, { signal });
  const isSealed = info.mediaType.replace(/;.*/s, '').trim().toLowerCase() === sealedMediaType;
  // All checks come before a read is taken.
  if (isSealed) requireSecret(link.secret);
  else refuseUnencrypted(reading, info, link);
  if (info.counted && !options.yes && canAsk()) await confirmReading(info, signal);
  if (isSealed) await getSealed(reading, info, await key());
  else if (reading.destination.kind === 'stdout') await streamOut(reading, info);
  else if (reading.destination.kind === 'device')
    await streamToDevice(reading.destination.path, reading, info);
  else await save(reading, info, reading.destination);
  return exitCodes.done;
}

/** @throws CommandFailure */
export function requireLink(text: string): ShareLink {
  const link = parseShareLink(text);
  if (link) return link;
  // The fragment may be a key, and messages end up in logs.
  const shown = printable(text.replace(/#.*/s, '#…'));
  throw new CommandFailure(
    `${shown} is neither a link such as http://localhost:8080/p/{id} nor an id of 32 hex digits`,
    exitCodes.wrongCall,
  );
}

function refuseUnencrypted(
  { asIs, destination }: Reading,
  { mediaType }: PayloadInfo,
  { secret }: ShareLink,
): void {
  // The server could replace encrypted content by anything.
  if (secret !== undefined)
    throw new CommandFailure(
      'the link has a key, but the content on the server is not encrypted: it is not what was shared',
      exitCodes.damaged,
    );
  if (destination.kind !== 'stdout' || !isForTerminal({ asIs }) || isTextType(mediaType)) return;
  throw new CommandFailure(
    `this is ${printable(mediaType)}, which is not text; use -o FILE to save it, or -o - to print it anyway`,
    exitCodes.wrongCall,
  );
}

async function confirmReading({ readsLeft }: PayloadInfo, signal: AbortSignal): Promise<void> {
  const times =
    readsLeft === undefined ? 'a limited number of times' : readsLeft === 1 ? 'once' : `${readsLeft} times`;
  const question = `This can be read ${times}, and reading it now counts. Read it?`;
  if (!(await confirm(question, signal))) throw interrupted();
}

async function streamOut(reading: Reading, info: PayloadInfo): Promise<void> {
  const { payloads, id, signal, asIs } = reading;
  const read = await payloads.get(id, { signal });
  const digest = digestIn(read.headers);
  let body = bodyOf(read, signal);
  if (info.counted && isForTerminal({ asIs })) {
    const { head, stream } = await withHead(body);
    body = stream;
    // The read was taken already, and the content is not text in spite of its type.
    if (!isTextHead(head)) return keepUnderOwnName(reading, body, info);
  }
  // A progress bar would mix with text on the same terminal.
  const progress = process.stdout.isTTY ? undefined : await startProgress(info.name ?? id, info.size);
  try {
    const written = await writeToStdout(body, {
      asIs,
      signal,
      hashed: digest !== undefined,
      size: info.size,
      onBytes: (bytes) => progress?.update(bytes),
    });
    requireWhole(written, info, digest);
  } finally {
    progress?.stop();
  }
}

async function keepUnderOwnName(
  { id, signal }: Reading,
  body: ReadableStream<Uint8Array>,
  { name }: PayloadInfo,
): Promise<void> {
  const path = await newFileIn('.', name, id).catch(() => newFileIn('.', id, id));
  await keepAs(path, body, signal);
  await printPath(path);
}

async function streamToDevice(
  path: string,
  { payloads, id, signal }: Reading,
  info: PayloadInfo,
): Promise<void> {
  const read = await payloads.get(id, { signal });
  const digest = digestIn(read.headers);
  const options = { asIs: true, signal, hashed: digest !== undefined, size: info.size };
  requireWhole(await writeToDevice(path, bodyOf(read, signal), options), info, digest);
}

function requireWhole(
  { size, sha256 }: { size: number; sha256?: string },
  { size: expected }: PayloadInfo,
  digest: string | undefined,
): void {
  const damaged = (reason: string) =>
    new CommandFailure(`the content is damaged: ${reason}`, exitCodes.damaged);
  if (expected !== undefined && size !== expected)
    throw damaged(`${size} bytes arrived instead of ${expected}`);
  if (digest !== undefined && sha256 !== digest)
    throw damaged('its SHA-256 differs from the one that the server sent');
}

async function save(
  { payloads, id, signal }: Reading,
  info: PayloadInfo,
  destination: Extract<Destination, { path: string }>,
): Promise<void> {
  const isOwnName = destination.kind === 'folder';
  if (isOwnName) await mkdir(destination.path, { recursive: true });
  const path = isOwnName ? await newFileIn(destination.path, info.name, id) : destination.path;
  const part = `${path}.part`;
  if (isOwnName) await refuseForeignPart(part);
  if (info.counted) await requireRoom(dirname(path), info.size);
  await whileClaimed(part, async () => {
    try {
      await downloadTo(part, { payloads, id, info, signal }, path, await modeOf(path));
    } catch (error) {
      // The read of a counted payload cannot be resumed, so an interruption leaves no file.
      if (signal.aborted && info.counted) await discardDownload(part);
      throw error;
    }
    await rename(part, path);
    await rm(`${part}.etag`, { force: true });
  });
  if (isOwnName) await printPath(path);
}

/** A `.part` file without an ETag file is not ours. It is not replaced, since the uploader chose the name. */
async function refuseForeignPart(part: string): Promise<void> {
  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );
  if ((await exists(part)) && !(await exists(`${part}.etag`)))
    throw new CommandFailure(`${part} exists already and would be replaced; use -o with another file name`);
}
