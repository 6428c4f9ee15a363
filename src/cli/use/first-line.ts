import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { unlessAborted } from './unless-aborted.ts';

const maxBytes = 64 * 1024;

/**
 * The first line of a file with a secret, without its line end. It does not wait for more: a pipe may stay open.
 *
 * @param path `-` is stdin.
 * @param what What the line is, such as `a password`.
 * @throws CommandFailure if the line cannot be that
 */
export function firstLineOf(path: string, what: string, signal: AbortSignal): Promise<string> {
  return unlessAborted(read(path, what), signal);
}

async function read(path: string, what: string): Promise<string> {
  let line = Buffer.alloc(0);
  for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
    const end = (chunk as Buffer).indexOf('\n');
    line = Buffer.concat([line, end < 0 ? chunk : chunk.subarray(0, end)]);
    if (end >= 0 || line.byteLength > maxBytes) break;
  }
  if (line.byteLength > maxBytes || !isUtf8(line))
    throw new CommandFailure(
      `the first line of ${path} is not UTF-8, or is over 64 KiB, and cannot be ${what}`,
      exitCodes.wrongCall,
    );
  return line.toString().replace(/\r$/, '');
}
