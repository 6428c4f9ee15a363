import type { StreamSource } from '../../src/client/index.ts';

export const mebibyte = 1024 * 1024;

/** Bytes of which no two parts are alike. */
export function someBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) bytes[at] = (at * 31 + (at >> 12)) % 251;
  return bytes;
}

/** A source that only streams. With `told` it says its size, or another one. */
export function streaming(bytes: Uint8Array<ArrayBuffer>, told?: number): StreamSource {
  return { ...(told !== undefined && { size: told }), stream: () => new Blob([bytes]).stream() };
}

/** A source that can be read anywhere, as a file. */
export function readable(
  bytes: Uint8Array<ArrayBuffer>,
  onRead: (start: number, into: Uint8Array<ArrayBuffer>) => void = () => undefined,
): StreamSource {
  return {
    ...streaming(bytes, bytes.length),
    async read(start, into) {
      onRead(start, into);
      into.set(bytes.subarray(start, start + into.length));
    },
  };
}

export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Response(stream as BodyInit).bytes();
}

/** Whether the bytes are the same; they are too many for a test to show. */
export const same = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;
