import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import type { WritableStream as NodeWritableStream } from 'node:stream/web';
import { isTextHead } from '../../naming/media-type.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { refuseMore } from './body.ts';
import { write } from './terminal.ts';
import { unlessAborted } from './unless-aborted.ts';

type OutputOptions = {
  /** A terminal is given the bytes as they are. */
  asIs: boolean;
  signal: AbortSignal;
  hashed?: boolean;
  /** How many bytes there are, where that is known. */
  size?: number;
  onBytes?: (bytes: number) => void;
};

/**
 * Writes to stdout no faster than it is read. A terminal is given text only, and no control characters: with these,
 * whoever wrote the content could have it do things.
 *
 * @throws CommandFailure where a terminal would be given something else than text
 */
export async function writeToStdout(
  chunks: AsyncIterable<Uint8Array>,
  options: OutputOptions,
): Promise<{ size: number; sha256?: string }> {
  return writeTo(stdout(), isForTerminal(options), chunks, options);
}

/** Where nobody reads, `process.stdout` of Deno blocks everything, signals too; its own stdout does not. */
function stdout(): NodeJS.WritableStream {
  const { Deno } = globalThis as { Deno?: { stdout: { writable: NodeWritableStream } } };
  // Whoever writes is told of an error as well; without a listener it would end the process.
  return Deno ? Writable.fromWeb(Deno.stdout.writable).on('error', () => undefined) : process.stdout;
}

/** Writes into what is no ordinary file: a device, or a pipe. */
export async function writeToDevice(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: OutputOptions,
): Promise<{ size: number; sha256?: string }> {
  // Appending does no harm to a device, nor to a file that a shell has opened for us, as /dev/stdout can be.
  const stream = createWriteStream(path, { flags: 'a' });
  // Whoever writes is told as well; without a listener it would end the process.
  stream.on('error', () => undefined);
  try {
    const written = await writeTo(stream, false, chunks, options);
    await unlessAborted(new Promise<void>((resolve) => stream.end(resolve)), options.signal);
    return written;
  } finally {
    stream.destroy();
  }
}

/** Whether what goes to stdout is shown to somebody. */
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
    // A reader that takes nothing more must not keep an interruption waiting.
    await unlessAborted(write(stream, toTerminal ? shown(chunk) : chunk), signal);
    onBytes?.(size);
  }
  if (toTerminal) await write(stream, shown());
  return { size, ...(hash && { sha256: hash.digest('base64') }) };
}

/** Bytes as text without control characters; the end of a line is left, but no return to its begin. */
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
    'this is binary, which is nothing for a terminal; -o FILE keeps it, -o - shows it all the same',
    exitCodes.wrongCall,
  );
}
