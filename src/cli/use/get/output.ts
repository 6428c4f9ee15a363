import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import type { WritableStream as NodeWritableStream } from 'node:stream/web';
import { isTextHead } from '../../../naming/media-type.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { write } from '../terminal.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { refuseMore } from './body.ts';

type OutputOptions = {
  /** Writes the bytes unchanged, even to a terminal. */
  asIs: boolean;
  signal: AbortSignal;
  hashed?: boolean;
  /** The number of bytes, if known. */
  size?: number;
  onBytes?: (bytes: number) => void;
};

/**
 * Writes to stdout no faster than it is read. A terminal gets only text without control characters, since those can
 * run actions in a terminal.
 *
 * @throws CommandFailure if the content is not text and stdout is a terminal
 */
export async function writeToStdout(
  chunks: AsyncIterable<Uint8Array>,
  options: OutputOptions,
): Promise<{ size: number; sha256?: string }> {
  return writeTo(stdout(), isForTerminal(options), chunks, options);
}

/** If nobody reads, Deno's `process.stdout` blocks the event loop, including signals. `Deno.stdout` does not. */
function stdout(): NodeJS.WritableStream {
  const { Deno } = globalThis as { Deno?: { stdout: { writable: NodeWritableStream } } };
  // `write` rejects with the error too; without a listener it would end the process.
  return Deno ? Writable.fromWeb(Deno.stdout.writable).on('error', () => undefined) : process.stdout;
}

/** Writes to a device or a pipe. */
export async function writeToDevice(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: OutputOptions,
): Promise<{ size: number; sha256?: string }> {
  // Appending is harmless for a device, and keeps what a file behind /dev/stdout already has.
  const stream = createWriteStream(path, { flags: 'a' });
  // `write` rejects with the error too; without a listener it would end the process.
  stream.on('error', () => undefined);
  try {
    const written = await writeTo(stream, false, chunks, options);
    await unlessAborted(new Promise<void>((resolve) => stream.end(resolve)), options.signal);
    return written;
  } finally {
    stream.destroy();
  }
}

/** Whether stdout is a terminal that must get only text. */
export function isForTerminal({ asIs }: { asIs: boolean }): boolean {
  return process.stdout.isTTY === true && !asIs;
}

async function writeTo(
  stream: NodeJS.WritableStream,
  toTerminal: boolean,
  chunks: AsyncIterable<Uint8Array>,
  { signal, hashed = false, size: expected, onBytes }: OutputOptions,
): Promise<{ size: number; sha256?: string }> {
  const hash = hashed ? createHash('sha256') : undefined;
  const shown = terminalText();
  let size = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    if (toTerminal && size === 0 && !isTextHead(chunk)) throw binary();
    size += chunk.byteLength;
    refuseMore(size, expected);
    hash?.update(chunk);
    // A stalled reader must not delay an interruption.
    await unlessAborted(write(stream, toTerminal ? shown(chunk) : chunk), signal);
    onBytes?.(size);
  }
  if (toTerminal) await write(stream, shown());
  return { size, ...(hash && { sha256: hash.digest('base64') }) };
}

/** Decodes text and replaces control characters. Line ends stay, but a lone CR could overwrite its line. */
function terminalText(): (chunk?: Uint8Array) => string {
  const decoder = new TextDecoder();
  let held = '';
  return (chunk) => {
    const text = held + (chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode());
    held = chunk && text.endsWith('\r') ? '\r' : '';
    return text.slice(0, text.length - held.length).replaceAll(/\r(?!\n)|[^\P{Cc}\t\n\r]/gu, '\uFFFD');
  };
}

function binary(): CommandFailure {
  return new CommandFailure(
    'this is binary; use -o FILE to save it, or -o - to print it anyway',
    exitCodes.wrongCall,
  );
}
