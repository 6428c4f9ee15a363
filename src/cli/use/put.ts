import { existsSync } from 'node:fs';
import { type CreatedPayload, createClient } from '../../client/index.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { type LocalSource, localSource } from './local-source.ts';
import { typeByName } from './media-types.ts';
import { startProgress } from './progress.ts';
import { type Environment, type Given, readSettings, type Settings } from './settings.ts';
import { type Paste, rememberPaste } from './state.ts';
import { askPassword, printable, write } from './terminal.ts';

export type PutOptions = Given & {
  reads?: number;
  /** `true` is to be asked for. */
  password?: string | true;
  type?: string;
  name?: string;
  json?: boolean;
  qr?: boolean;
  copy?: boolean;
};

export type PutTerms = Pick<PutOptions, 'reads' | 'type' | 'name'> & {
  ttl?: string;
  /** Of what is encrypted. */
  encrypt: boolean;
  password?: string;
};

/** `put [FILE…]`: a link for each, in order. Without a file it takes stdin. */
export async function put(
  environment: Environment,
  files: string[],
  options: PutOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = await readSettings(environment, options);
  if (options.name !== undefined && files.length > 1)
    throw new CommandFailure('--name is for one file, and there are several', exitCodes.wrongCall);
  if (files.indexOf('-') !== files.lastIndexOf('-'))
    throw new CommandFailure('stdin can be read once: - is there several times', exitCodes.wrongCall);
  refuseMistakenPassword(options.password);
  // Before anything is sent, so that a misspelt name leaves nothing half done.
  const sources = await Promise.all((files.length === 0 ? ['-'] : files).map(localSource));
  const terms = await termsOf(settings, options, signal);
  const urls: string[] = [];
  for (const source of sources) {
    const paste = await putOne(environment, settings, source, terms, signal);
    urls.push(paste.url);
    await write(process.stdout, `${options.json ? JSON.stringify(told(paste)) : paste.url}\n`);
    if (options.qr) await drawCode(paste.url);
  }
  if (options.copy) await copyToClipboard(urls.join('\n'));
  return exitCodes.done;
}

/** The terms of a call. Asks for the password where it is to be asked for. */
export async function termsOf(
  { ttl, encrypt }: Settings,
  { reads, type, name, password }: PutOptions,
  signal: AbortSignal,
): Promise<PutTerms> {
  return {
    ttl,
    reads,
    type,
    name,
    encrypt: encrypt || password !== undefined,
    password: password === true ? await newPassword(signal) : password,
  };
}

/** Uploads one source, and keeps its delete token. */
export async function putOne(
  environment: Environment,
  { url }: Settings,
  source: LocalSource,
  terms: PutTerms,
  signal: AbortSignal,
): Promise<Paste> {
  const name = terms.name ?? source.name;
  const sealed = terms.encrypt
    ? await (await import('./sealing.ts')).sealSource(source, { ...terms, name }, signal)
    : undefined;
  const type = terms.type ?? (await typeByName(name));
  const sent = sealed?.source ?? source;
  const isLarge = (sent.size ?? 0) > worthPatience;
  const { payloads } = createClient({ url, ...(!isLarge && { retry: { tries: 3 } }) });
  const progress = await startProgress(source.label, sent.size);
  let created: CreatedPayload;
  let bytes = 0;
  try {
    created = await payloads.upload(sent, {
      ...(sealed ? { type: sealed.mediaType } : { name, type }),
      ttl: terms.ttl,
      maxReads: terms.reads,
      signal,
      onProgress: (now) => {
        bytes = now.sent;
        progress.update(bytes);
      },
    });
  } catch (error) {
    // It was opened for its type, and may not have been read further.
    sealed?.leave();
    throw error;
  } finally {
    progress.stop();
  }
  const paste: Paste = {
    id: created.id,
    url: sealed ? `${created.url}#${sealed.secret}` : created.url,
    name: name ?? null,
    type: sealed?.type ?? type ?? null,
    size: source.size ?? (sealed ? null : bytes),
    createdAt: new Date().toISOString(),
    expiresAt: created.expiresAt,
    maxReads: terms.reads ?? null,
    deleteToken: created.deleteToken,
    sealed: sealed !== undefined,
  };
  await rememberPaste(environment, paste).catch(tellNotKept);
  return paste;
}

/** What was uploaded is there all the same: its link must not be lost. */
async function tellNotKept(error: unknown): Promise<void> {
  const { failureOf } = await import('./failure-of.ts');
  const { message } = failureOf(error) as Error;
  const hint = 'it is not in ls, and rm needs its delete token, which --json tells';
  await write(process.stderr, `mayfly: ${printable(message)}; ${hint}\n`);
}

/** What is smaller is soon sent again: a server that is away is told of within seconds (bytes). */
const worthPatience = 8 * 1024 * 1024;

/** One line of `--json`. */
export function told(paste: Paste): Record<string, unknown> {
  return {
    url: paste.url,
    id: paste.id,
    expiry_time: paste.expiresAt,
    delete_token: paste.deleteToken,
    size: paste.size,
    name: paste.name,
    max_reads: paste.maxReads,
    encrypted: paste.sealed,
  };
}

async function newPassword(signal: AbortSignal): Promise<string> {
  const password = await askPassword('Password', signal);
  if ((await askPassword('The same once more', signal)) !== password)
    throw new CommandFailure('these were two different passwords', exitCodes.refused);
  return password;
}

/**
 * `--password notes.txt` takes the name as the password, and so does `--password -`; an empty one, as of a variable that
 * is not set, would be none.
 */
export function refuseMistakenPassword(password: PutOptions['password']): void {
  if (typeof password !== 'string') return;
  if (password === '') throw new CommandFailure('the password is empty', exitCodes.wrongCall);
  if (password === '-' || existsSync(password))
    throw new CommandFailure(
      `--password took ${password} as the password; name files first: mayfly put ${password} --password`,
      exitCodes.wrongCall,
    );
}

async function drawCode(url: string): Promise<void> {
  const { renderUnicodeCompact } = await import('uqr');
  await write(process.stderr, `${renderUnicodeCompact(url)}\n`);
}

async function copyToClipboard(text: string): Promise<void> {
  try {
    const { default: clipboard } = await import('clipboardy');
    await clipboard.write(text);
    await write(process.stderr, 'mayfly: copied to the clipboard\n');
  } catch {
    await write(process.stderr, 'mayfly: there is no clipboard here, so nothing was copied\n');
  }
}
