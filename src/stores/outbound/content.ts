import type { IncomingMessage } from 'node:http';
import { parse } from 'content-disposition';
import { Failure } from '../../core/failure.ts';
import type { RemoteContent } from '../../core/ports/outbound.ts';

/** A failed fetch, in words that tell nothing of addresses and networks. */
export function remoteFailed(message: string, cause?: unknown): Failure {
  return new Failure('remote_failed', message, { cause });
}

/** The content of an answer that is to be kept. Ends the connection after `idleTimeout` ms without a byte. */
export function contentOf(answer: IncomingMessage, url: URL, idleTimeout: number): RemoteContent {
  const announced = answer.headers['content-length'];
  const size = announced !== undefined && /^\d+$/.test(announced) ? Number(announced) : undefined;
  const unread = setTimeout(() => answer.destroy(), idleTimeout);
  answer.once('close', () => clearTimeout(unread));
  return {
    mediaType: answer.headers['content-type'],
    size,
    name: dispositionName(answer.headers['content-disposition']) ?? pathName(url),
    close: () => void answer.destroy(),
    chunks: {
      [Symbol.asyncIterator]: () => {
        clearTimeout(unread);
        return read(answer, size, idleTimeout);
      },
    },
  };
}

async function* read(answer: IncomingMessage, size: number | undefined, idleTimeout: number) {
  const chunks: AsyncIterator<Uint8Array> = answer[Symbol.asyncIterator]();
  let received = 0;
  try {
    for (;;) {
      // Only while we wait for it: how long the reader takes over a chunk is not the sender's fault.
      const idle = setTimeout(() => answer.destroy(new Error('the sender stands still')), idleTimeout);
      const next = await chunks.next().finally(() => clearTimeout(idle));
      if (next.done) break;
      received += next.value.length;
      yield next.value;
    }
    if (size !== undefined && received !== size) throw new Error('not as long as announced');
  } catch (error) {
    throw remoteFailed('The content of the URL broke off', error);
  } finally {
    answer.destroy();
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
