import { type CreatedPayload, createClient } from '../../../client/index.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import type { SavedSettings } from '../config-file.ts';
import { newPassword, type PasswordOptions, refuseMistakenPassword } from '../password.ts';
import { startProgress } from '../progress.ts';
import { type Environment, readSettings, type Settings } from '../settings.ts';
import { type SavedPayload, savePayload } from '../state.ts';
import { printable, write } from '../terminal.ts';
import { type LocalSource, localSource, withType } from './local-source.ts';

export type PutOptions = SavedSettings &
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
  encrypt: boolean;
  password?: string;
};

/** `put [FILE…]`: prints a link for each file, in order. Without a file it reads stdin. */
export async function put(
  environment: Environment,
  files: string[],
  options: PutOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = await readSettings(environment, options);
  if (options.name !== undefined && files.length > 1)
    throw new CommandFailure(
      '--name works with one file only; put the files one by one',
      exitCodes.wrongCall,
    );
  if (files.indexOf('-') !== files.lastIndexOf('-'))
    throw new CommandFailure('stdin can be read only once; use - only once', exitCodes.wrongCall);
  refuseMistakenPassword(options);
  const paths = files.length === 0 ? ['-'] : files;
  if (options.passwordFile === '-' && paths.includes('-'))
    throw new CommandFailure(
      'stdin cannot be both the password and the content; use another --password-file',
      exitCodes.wrongCall,
    );
  // Opened before anything is sent, so that a misspelt name uploads nothing.
  const sources = await Promise.all(paths.map(localSource));
  const terms = await termsOf(environment, settings, options, signal);
  const urls: string[] = [];
  for (const source of sources) {
    const saved = await putOne(environment, settings, source, terms, signal).catch(async (error) => {
      if (sources.length === 1) throw error;
      throw (await import('../failure-of.ts')).failureOfOne(source.label, error);
    });
    urls.push(saved.url);
    await write(process.stdout, `${options.json ? jsonLine(saved) : saved.url}\n`);
    if (options.qr) await printQrCode(saved.url);
  }
  if (options.copy) await copyToClipboard(urls.join('\n'));
  return exitCodes.done;
}

/** The terms of a call. Asks for the password if the options say so. */
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

/** Uploads one source, and saves its delete token. */
export async function putOne(
  environment: Environment,
  { url, key }: Settings,
  source: LocalSource,
  terms: PutTerms,
  signal: AbortSignal,
): Promise<SavedPayload> {
  const name = terms.name ?? source.name;
  const sealed = terms.encrypt
    ? await (await import('./sealing.ts')).sealSource(source, { ...terms, name }, signal)
    : undefined;
  // Without a known type, the server detects it from the content.
  const canDetect = !sealed && source.read !== undefined && name !== undefined;
  const type = terms.type ?? (canDetect ? (await withType(source, name, signal)).type : undefined);
  const sent = sealed?.source ?? source;
  const isLarge = (sent.size ?? 0) > manyTriesFrom;
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
    // Sealing has opened the source already, and possibly nothing has read it to its end.
    sealed?.leave();
    throw error;
  } finally {
    progress.stop();
  }
  const saved: SavedPayload = {
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
  await savePayload(environment, saved).catch(reportNotSaved);
  return saved;
}

/** The upload succeeded, so a failure to save the token must not hide its link. */
async function reportNotSaved(error: unknown): Promise<void> {
  const { failureOf } = await import('../failure-of.ts');
  const { message } = failureOf(error) as Error;
  const hint = 'so ls does not list the upload, and rm needs its delete token, which --json prints';
  await write(process.stderr, `mayfly: ${printable(message)}; ${hint}\n`);
}

/** Smaller uploads make fewer tries, so that an unavailable server is reported within seconds (bytes). */
const manyTriesFrom = 8 * 1024 * 1024;

/** One line of `--json`. */
export function jsonLine(saved: SavedPayload): string {
  return JSON.stringify({
    url: saved.url,
    id: saved.id,
    expiry_time: saved.expiresAt,
    delete_token: saved.deleteToken,
    size: saved.size,
    name: saved.name,
    max_reads: saved.maxReads,
    encrypted: saved.sealed,
  });
}

async function printQrCode(url: string): Promise<void> {
  const { renderUnicodeCompact } = await import('uqr');
  await write(process.stderr, `${renderUnicodeCompact(url)}\n`);
}

async function copyToClipboard(text: string): Promise<void> {
  try {
    const { default: clipboard } = await import('clipboardy');
    await clipboard.write(text);
    await write(process.stderr, 'mayfly: copied to the clipboard\n');
  } catch {
    await write(process.stderr, 'mayfly: found no clipboard, so nothing was copied\n');
  }
}
