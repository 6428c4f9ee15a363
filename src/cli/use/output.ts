import { createHash } from 'node:crypto';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { isText } from './media-types.ts';
import { write } from './terminal.ts';

export type OutputOptions = {
  /** A terminal is given the bytes as they are. */
  asIs: boolean;
  signal: AbortSignal;
  hashed?: boolean;
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
  { asIs, signal, hashed = false, onBytes }: OutputOptions,
): Promise<{ size: number; sha256?: string }> {
  const toTerminal = process.stdout.isTTY === true && !asIs;
  const hash = hashed ? createHash('sha256') : undefined;
  const decoder = new TextDecoder();
  let size = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    if (toTerminal && size === 0 && !isText(chunk)) throw binary();
    size += chunk.byteLength;
    hash?.update(chunk);
    await write(
      process.stdout,
      toTerminal ? withoutControls(decoder.decode(chunk, { stream: true })) : chunk,
    );
    onBytes?.(size);
  }
  if (toTerminal) await write(process.stdout, withoutControls(decoder.decode()));
  return { size, ...(hash && { sha256: hash.digest('base64') }) };
}

function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t\n\r]/gu, '\uFFFD');
}

function binary(): CommandFailure {
  return new CommandFailure(
    'this is binary, which is nothing for a terminal; -o FILE keeps it, -o - shows it all the same',
    exitCodes.wrongCall,
  );
}
