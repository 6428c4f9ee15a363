import type { IncomingMessage } from 'node:http';
import { parse } from 'content-disposition';
import { Failure } from '../../core/failure.ts';
import type { RemoteContent } from '../../core/ports/outbound.ts';

/** A failed fetch. The message must reveal nothing about addresses and networks. */
export function remoteFailed(message: string, cause?: unknown): Failure {
  return new Failure('remote_failed', message, { cause });
}

/** The content of a response. The connection ends after `idleTimeout` ms without a byte. */
export function contentOf(response: IncomingMessage, url: URL, idleTimeout: number): RemoteContent {
  const announced = response.headers['content-length'];
  const size = announced !== undefined && /^\d+$/.test(announced) ? Number(announced) : undefined;
  const unread = setTimeout(() => response.destroy(), idleTimeout);
  response.once('close', () => clearTimeout(unread));
  return {
    mediaType: response.headers['content-type'],
    size,
    name: dispositionName(response.headers['content-disposition']) ?? pathName(url),
    close: () => void response.destroy(),
    chunks: {
      [Symbol.asyncIterator]: () => {
        clearTimeout(unread);
        return read(response, size, idleTimeout);
      },
    },
  };
}

async function* read(response: IncomingMessage, size: number | undefined, idleTimeout: number) {
  const chunks: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]();
  let received = 0;
  try {
    for (;;) {
      // The timer runs only during a read: the time that the consumer needs for a chunk does not count.
      const idle = setTimeout(() => response.destroy(new Error('the sender is idle')), idleTimeout);
      const next = await chunks.next().finally(() => clearTimeout(idle));
      if (next.done) break;
      received += next.value.length;
      yield next.value;
    }
    if (size !== undefined && received !== size) throw new Error('the length is not the announced one');
  } catch (error) {
    throw remoteFailed('The content of the URL broke off', error);
  } finally {
    response.destroy();
  }
}

function dispositionName(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  try {
    return parse(header).parameters.filename || undefined;
  } catch {
    return undefined;
  }
}

function pathName({ pathname }: URL): string | undefined {
  const segment = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(segment) || undefined;
  } catch {
    return segment;
  }
}
