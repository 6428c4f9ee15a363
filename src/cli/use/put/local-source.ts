import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { StreamSource } from '../../../client/index.ts';
import { fitFileName } from '../../../naming/file-name.ts';
import { typeHeadSize } from '../../../naming/media-type.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { typeOfFile } from './media-types.ts';
import { withHead } from './stream-head.ts';

/** A file or stdin. */
export type LocalSource = StreamSource & {
  /** For people. */
  label: string;
  /** The file name; undefined for stdin. */
  name?: string;
};

/**
 * The file of this path; `-` is stdin. Only regular files have a size; pipes and devices are streamed.
 *
 * @throws CommandFailure for a folder
 */
export async function localSource(path: string): Promise<LocalSource> {
  if (path === '-') {
    if (process.stdin.isTTY) process.stderr.write('Reading from the terminal; Ctrl-D ends it.\n');
    return { label: 'stdin', stream: () => webStream(process.stdin) };
  }
  const found = await stat(path);
  const name = fitFileName(basename(path));
  if (found.isDirectory())
    throw new CommandFailure(
      `${path} is a folder; send an archive of it: tar cz ${path} | mayfly put - --name ${name}.tar.gz`,
      exitCodes.wrongCall,
    );
  return {
    label: path,
    name,
    ...(found.isFile() && { size: found.size, read: readerOf(path, found.ino) }),
    stream: () => webStream(createReadStream(path, { highWaterMark: 256 * 1024 })),
  };
}

/** The media type of a source by its name and first bytes, and the source with those bytes still in it. */
export async function withType(
  source: LocalSource,
  name: string,
  signal: AbortSignal,
): Promise<{ source: LocalSource; type?: string }> {
  const { read, size } = source;
  if (read !== undefined && size !== undefined) {
    const head = new Uint8Array(Math.min(size, typeHeadSize));
    await read(0, head);
    return { source, type: await typeOfFile(name, head) };
  }
  const { head, stream } = await unlessAborted(withHead(source.stream()), signal);
  return { source: { ...source, stream: () => stream }, type: await typeOfFile(name, head) };
}

/** Reads at any position of a file. Fails if the file was replaced, since the bytes would not match. */
function readerOf(path: string, inode: number): NonNullable<StreamSource['read']> {
  const changed = () => new CommandFailure(`${path} changed during the upload`);
  return async (start, into) => {
    const file = await open(path);
    try {
      if ((await file.stat()).ino !== inode) throw changed();
      for (let filled = 0; filled < into.byteLength; ) {
        const { bytesRead } = await file.read(into, filled, into.byteLength - filled, start + filled);
        if (bytesRead === 0) throw changed();
        filled += bytesRead;
      }
    } finally {
      await file.close();
    }
  };
}

export function webStream(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as NodeReadableStream as unknown as ReadableStream<Uint8Array>;
}
