import { ByteReader, type ByteSource, blocksOf, streamOf } from './byte-stream.ts';
import { chunkLength, headerLength, saltLength, tagLength, usualIterations, writeHeader } from './format.ts';
import { type ChunkKeys, deriveKeys, type KeyInput } from './keys.ts';
import { type Metadata, writeMetadata } from './metadata.ts';
import { newSecret, parseSecret } from './secret.ts';

export type SealOptions = {
  /** Needed to open it, beside the secret. An empty one is none. */
  password?: string;
};

export type Sealed = {
  /** What opens it, for the link: `#{secret}`. */
  secret: string;
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Of the sealed file in bytes, where the length of the content is known. */
  size?: number;
};

/**
 * Seals content with a new secret (docs/encryption.md). The content is read as the sealed stream is, one chunk of 64 KiB
 * at a time.
 *
 * @throws RangeError where name and type are over 16 KiB
 */
export function seal(
  content: ByteSource,
  metadata: Metadata,
  { password }: SealOptions = {},
): Promise<Sealed> {
  const salt = crypto.getRandomValues(new Uint8Array(saltLength));
  const stretching = password ? { password, iterations: usualIterations } : { iterations: 0 };
  return sealBy(newSecret(), { salt, ...stretching }, content, metadata);
}

/** Seals by a secret and a salt that are given, for known answers. Both must be new for every other content. */
export async function sealBy(
  secret: string,
  { salt, iterations, password }: Omit<KeyInput, 'secret'>,
  content: ByteSource,
  metadata: Metadata,
): Promise<Sealed> {
  const front = writeMetadata(metadata);
  const keys = await deriveKeys({ secret: parseSecret(secret), salt, iterations, password });
  const header = writeHeader({ iterations, salt, commitment: keys.commitment });
  const reader = new ByteReader(content);
  const size = content instanceof Blob ? content.size : (content as { byteLength?: number }).byteLength;
  return {
    secret,
    stream: streamOf(sealChunks(front, reader, header, keys), reader),
    ...(size !== undefined && { size: sizeFor(size + front.length) }),
  };
}

/** The length of the sealed file (bytes) of content of so many bytes. */
export function sealedSize(contentSize: number, metadata: Metadata): number {
  return sizeFor(contentSize + writeMetadata(metadata).length);
}

function sizeFor(plaintext: number): number {
  return headerLength + plaintext + tagLength * Math.max(1, Math.ceil(plaintext / chunkLength));
}

async function* sealChunks(
  front: Uint8Array<ArrayBuffer>,
  content: ByteReader,
  header: Uint8Array<ArrayBuffer>,
  keys: ChunkKeys,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  yield header.slice();
  content.putBack(front);
  let index = 0;
  for await (const { bytes, isLast } of blocksOf(content, chunkLength)) {
    yield await keys.seal(bytes, { index, isLast, header });
    index += 1;
  }
}
