import { type CreatedPayload, createClient } from '../../client/index.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { type LocalSource, localSource, withType } from './local-source.ts';
import { newPassword, type PasswordOptions, refuseMistakenPassword } from './password.ts';
import { startProgress } from './progress.ts';
import { type Environment, type Given, readSettings, type Settings } from './settings.ts';
import { type Paste, rememberPaste } from './state.ts';
import { printable, write } from './terminal.ts';

export type PutOptions = Given &
  PasswordOptions & {
    reads?: number;
    type?: string;
    name?: string;
    json?: boolean;
    qr?: boolean;
    copy?: boolean;
  };

type PutTerms = Pick<PutOptions, 'reads' | 'type' | 'name'> & {
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
  refuseMistakenPassword(options);
  const paths = files.length === 0 ? ['-'] : files;
  if (options.passwordFile === '-' && paths.includes('-'))
    throw new CommandFailure('stdin can be read once: it has the password already', exitCodes.wrongCall);
  // Before anything is sent, so that a misspelt name leaves nothing half done.
  const sources = await Promise.all(paths.map(localSource));
  const terms = await termsOf(environment, settings, options, signal);
  const urls: string[] = [];
  for (const source of sources) {
    const paste = await putOne(environment, settings, source, terms, signal).catch(async (error) => {
      if (sources.length === 1) throw error;
      throw (await import('./failure-of.ts')).failureOfOne(source.label, error);
    });
    urls.push(paste.url);
    await write(process.stdout, `${options.json ? JSON.stringify(told(paste)) : paste.url}\n`);
    if (options.qr) await drawCode(paste.url);
  }
  if (options.copy) await copyToClipboard(urls.join('\n'));
  return exitCodes.done;
}

/** The terms of a call. Asks for the password where it is to be asked for. */
export async function termsOf(
  environment: Environment,
  { ttl, encrypt }: Settings,
  options: PutOptions,
  signal: AbortSignal,
): Promise<PutTerms> {
  const { reads, type, name } = options;
  // An option wins over the environment.
  const password = await newPassword(options.encrypt === false ? {} : environment, options, signal);
  return { ttl, reads, type, name, encrypt: encrypt || password !== undefined, password };
}

/** Uploads one source, and keeps its delete token. */
export async function putOne(
  environment: Environment,
  { url, key }: Settings,
  source: LocalSource,
  terms: PutTerms,
  signal: AbortSignal,
): Promise<Paste> {
  const name = terms.name ?? source.name;
  const sealed = terms.encrypt
    ? await (await import('./sealing.ts')).sealSource(source, { ...terms, name }, signal)
    : undefined;
  // What cannot be read twice is for the server to look at.
  const canLook = !sealed && source.read !== undefined && name !== undefined;
  const type = terms.type ?? (canLook ? (await withType(source, name, signal)).type : undefined);
  const sent = sealed?.source ?? source;
  const isLarge = (sent.size ?? 0) > worthPatience;
  const { payloads } = createClient({ url, key, ...(!isLarge && { retry: { tries: 3 } }) });
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
