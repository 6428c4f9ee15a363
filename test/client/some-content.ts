import type { StreamSource } from '../../src/client/index.ts';

export const mebibyte = 1024 * 1024;

/** Bytes without repeating parts. */
export function someBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) bytes[at] = (at * 31 + (at >> 12)) % 251;
  return bytes;
}

/** A source that is only a stream, with a declared size or without one. */
export function streaming(bytes: Uint8Array<ArrayBuffer>, declaredSize?: number): StreamSource {
  return {
    ...(declaredSize !== undefined && { size: declaredSize }),
    stream: () => new Blob([bytes]).stream(),
  };
}

/** A source with random access, like a file. */
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

/** Whether the bytes are equal, for content that is too large for a test to print. */
export const same = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;
