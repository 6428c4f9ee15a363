import { createHash } from 'node:crypto';

// Deterministic content that does not repeat itself.

const chunkSize = 64 * 1024;

export function content(start: number, end: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  for (let at = start; at < end; at += 1)
    bytes[at - start] = (at * 31 + (at >>> 8) * 17 + (at >>> 16) * 7) & 0xff;
  return bytes;
}

/** `size` bytes in chunks; with `failsAt`, the source throws `failure` after so many. */
export async function* chunksOf(
  size: number,
  { failsAt = Number.POSITIVE_INFINITY, failure = new Error('failed') } = {},
): AsyncGenerator<Uint8Array> {
  const end = Math.min(size, failsAt);
  for (let at = 0; at < end; at += chunkSize) yield content(at, Math.min(end, at + chunkSize));
  if (failsAt <= size) throw failure;
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function digestOf(
  stream: ReadableStream<Uint8Array>,
): Promise<{ size: number; digest: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    hash.update(chunk);
  }
  return { size, digest: hash.digest('hex') };
}
