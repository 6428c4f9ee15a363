import type { StreamSource } from '../../client/index.ts';
import { seal, sealedMediaType, sealedSize } from '../../encryption/index.ts';
import type { LocalSource } from './local-source.ts';
import { isText, typeByName } from './media-types.ts';

/** What goes to the server in the place of a source, and the key to it, which does not. */
export type Sealed = {
  source: StreamSource;
  mediaType: string;
  secret: string;
  /** What it is, which the server does not learn. */
  type: string;
};

/** Encrypts a source with its name and type, as it is read. */
export async function sealSource(
  source: LocalSource,
  { name, type, password }: { name?: string; type?: string; password?: string },
): Promise<Sealed> {
  const { head, stream } = await withHead(source.stream());
  const metadata = { name: name ?? null, type: type ?? (await typeOf(name, head)) };
  const sealed = await seal(stream, metadata, { password });
  const size = source.size === undefined ? undefined : sealedSize(source.size, metadata);
  return {
    source: { ...(size !== undefined && { size }), stream: () => sealed.stream },
    mediaType: sealedMediaType,
    secret: sealed.secret,
    type: metadata.type,
  };
}

/** The server cannot look into it: the name tells the type, or the first bytes do. */
async function typeOf(name: string | undefined, head: Uint8Array): Promise<string> {
  return (
    (await typeByName(name)) ?? (isText(head) ? 'text/plain; charset=utf-8' : 'application/octet-stream')
  );
}

/** The first bytes of a stream, and the stream as it was. */
async function withHead(
  source: ReadableStream<Uint8Array>,
): Promise<{ head: Uint8Array; stream: ReadableStream<Uint8Array> }> {
  const reader = source.getReader();
  let first = await reader.read();
  while (!first.done && first.value.byteLength === 0) first = await reader.read();
  const head = first.value ?? new Uint8Array(0);
  let isFirst = !first.done;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (isFirst) {
          isFirst = false;
          controller.enqueue(head);
          return;
        }
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { head, stream };
}
