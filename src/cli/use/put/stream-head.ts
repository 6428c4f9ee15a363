import { ByteReader, streamOf } from '../../../encryption/byte-stream.ts';

/** Reads the first bytes of a stream. Returns them, and a stream that still has them. */
export async function withHead(
  source: ReadableStream<Uint8Array>,
): Promise<{ head: Uint8Array; stream: ReadableStream<Uint8Array> }> {
  const reader = new ByteReader(source);
  let head = await reader.next();
  while (head?.byteLength === 0) head = await reader.next();
  if (head !== undefined) reader.putBack(head);
  return { head: head ?? new Uint8Array(0), stream: streamOf(remainderOf(reader), reader) };
}

async function* remainderOf(reader: ByteReader): AsyncGenerator<Uint8Array, void> {
  for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) yield chunk;
}
