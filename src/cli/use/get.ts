import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type Client,
  createClient,
  type PayloadInfo,
  parseShareLink,
  type ShareLink,
} from '../../client/index.ts';
import { sealedMediaType } from '../../encryption/index.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { bodyOf } from './body.ts';
import { type Destination, destinationOf, newFileIn } from './destination.ts';
import { digestIn, downloadTo } from './download.ts';
import { webStream } from './local-source.ts';
import { isTextType } from './media-types.ts';
import { openSealed, requireSecret } from './opening.ts';
import { writeToStdout } from './output.ts';
import { startProgress } from './progress.ts';
import { type Environment, readSettings } from './settings.ts';
import { askPassword, canAsk, confirm, interrupted, printable, write } from './terminal.ts';

export type GetOptions = {
  url?: string;
  output?: string;
  ownName?: boolean;
  password?: string | true;
  yes?: boolean;
};

type Reading = {
  payloads: Client['payloads'];
  id: string;
  info: PayloadInfo;
  signal: AbortSignal;
  destination: Destination;
  /** Whether `-o -` was said: then a terminal is given the bytes as they are. */
  asIs: boolean;
};

/** `get URL|ID`: to stdout or into a file, decrypted where the link has the key. */
export async function get(
  environment: Environment,
  given: string,
  options: GetOptions,
  signal: AbortSignal,
): Promise<number> {
  const { url } = await readSettings(environment, options);
  const link = requireLink(given);
  const { payloads } = createClient({ url: link.url ?? url });
  const info = await payloads.info(link.id, { signal });
  const isSealed = info.mediaType === sealedMediaType;
  const reading: Reading = {
    payloads,
    id: link.id,
    info,
    signal,
    destination: await destinationOf(options),
    asIs: options.output === '-',
  };
  // What can be refused is refused before a read is taken.
  const secret = isSealed ? requireSecret(link.secret) : undefined;
  if (!isSealed) refuseBinary(reading);
  if (info.counted && !options.yes && canAsk()) await confirmReading(info);
  const password = options.password === true ? await askPassword('Password') : options.password;
  if (secret !== undefined) await getSealed(reading, secret, password);
  else if (reading.destination.kind === 'stdout') await streamOut(reading);
  else await save(reading, reading.destination);
  return exitCodes.done;
}

/** @throws CommandFailure */
export function requireLink(text: string): ShareLink {
  const link = parseShareLink(text);
  if (link) return link;
  throw new CommandFailure(
    `${printable(text)} is neither a link such as http://localhost:8080/p/{id} nor an id of 32 hex digits`,
    exitCodes.wrongCall,
  );
}

function refuseBinary({ info, destination, asIs }: Reading): void {
  if (destination.kind !== 'stdout' || asIs || !process.stdout.isTTY || isTextType(info.mediaType)) return;
  throw new CommandFailure(
    `this is ${printable(info.mediaType)}, which is nothing for a terminal; -o FILE keeps it, -o - shows it all the same`,
    exitCodes.wrongCall,
  );
}

async function confirmReading({ readsLeft }: PayloadInfo): Promise<void> {
  const times =
    readsLeft === undefined ? 'a limited number of times' : readsLeft === 1 ? 'once' : `${readsLeft} times`;
  if (!(await confirm(`This can be read ${times}, and reading it now counts. Read it?`))) throw interrupted();
}

async function streamOut({ payloads, id, info, signal, asIs }: Reading): Promise<void> {
  const read = await payloads.get(id, { signal });
  const digest = digestIn(read.headers);
  // Beside text on the same terminal a bar would be in the way.
  const progress = process.stdout.isTTY ? undefined : await startProgress(info.name ?? id, info.size);
  try {
    const { sha256, size } = await writeToStdout(bodyOf(read, signal), {
      asIs,
      signal,
      hashed: digest !== undefined,
      onBytes: (bytes) => progress?.update(bytes),
    });
    if (info.size !== undefined && size !== info.size)
      throw damaged(`${size} bytes came instead of ${info.size}`);
    if (digest !== undefined && sha256 !== digest)
      throw damaged('its SHA-256 is another than the server told');
  } finally {
    progress?.stop();
  }
}

function damaged(reason: string): CommandFailure {
  return new CommandFailure(`the content is damaged: ${reason}`, exitCodes.damaged);
}

async function save(reading: Reading, destination: Exclude<Destination, { kind: 'stdout' }>): Promise<void> {
  const { info, id } = reading;
  if (destination.kind === 'folder') await mkdir(destination.path, { recursive: true });
  const path =
    destination.kind === 'file' ? destination.path : await newFileIn(destination.path, info.name, id);
  const part = `${path}.part`;
  await downloadCleanly(part, reading, path);
  await rename(part, path);
  if (destination.kind === 'folder') await say(path);
}

async function getSealed(reading: Reading, secret: string, password: string | undefined): Promise<void> {
  const { payloads, id, info, signal, destination } = reading;
  if (destination.kind === 'stdout' && !info.counted) {
    // Read anew for each password: nothing is lost by a wrong one.
    const fetched = async () => bodyOf(await payloads.get(id, { signal }), signal);
    const { stream } = await openSealed(fetched, secret, password);
    await writeToStdout(stream, { asIs: reading.asIs, signal });
    return;
  }
  // A counted one comes only once, so it is kept, sealed, until it has been opened.
  const isTemporary = destination.kind === 'stdout';
  const folder = isTemporary ? await mkdtemp(join(tmpdir(), 'mayfly-')) : folderOf(destination);
  await mkdir(folder, { recursive: true });
  const part = destination.kind === 'file' ? `${destination.path}.part` : join(folder, `${id}.part`);
  try {
    await downloadCleanly(part, reading, info.name ?? id);
    const opened = await openSealed(async () => webStream(createReadStream(part)), secret, password);
    const path = await deliver(opened, reading);
    if (path !== undefined) await say(path);
    await rm(part, { force: true });
  } finally {
    if (isTemporary) await rm(folder, { recursive: true, force: true });
  }
}

/** Hands on what was opened. Resolves with the path of a file whose name the user does not know. */
async function deliver(
  { metadata, stream }: Awaited<ReturnType<typeof openSealed>>,
  { destination, asIs, signal, id }: Reading,
): Promise<string | undefined> {
  const isForFile = process.stdout.isTTY && !asIs && !isTextType(metadata.type);
  if (destination.kind === 'stdout' && !isForFile) {
    await writeToStdout(stream, { asIs, signal });
    return undefined;
  }
  // It cannot be read again, and is nothing for a terminal.
  const path =
    destination.kind === 'file'
      ? destination.path
      : await newFileIn(folderOf(destination), metadata.name, id);
  const opening = `${path}.opening`;
  const file = await open(opening, 'w');
  try {
    for await (const chunk of stream) await file.writeFile(chunk);
    await file.sync();
  } catch (error) {
    await rm(opening, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(opening, path);
  return destination.kind === 'file' ? undefined : path;
}

function folderOf(destination: Destination): string {
  if (destination.kind === 'stdout') return '.';
  return destination.kind === 'folder' ? destination.path : dirname(destination.path);
}

/** Of a counted payload there is nothing to go on from: what an interruption leaves is removed. */
async function downloadCleanly(
  part: string,
  { payloads, id, info, signal }: Reading,
  label: string,
): Promise<void> {
  try {
    await downloadTo(part, { payloads, id, info, signal }, label);
  } catch (error) {
    if (signal.aborted && info.counted) await rm(part, { force: true });
    throw error;
  }
}

async function say(path: string): Promise<void> {
  await write(process.stderr, `${path}\n`);
}
