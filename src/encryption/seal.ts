import { ByteReader, type ByteSource, blocksOf, streamOf } from './byte-stream.ts';
import {
  chunkLength,
  defaultIterations,
  headerLength,
  saltLength,
  tagLength,
  writeHeader,
} from './format.ts';
import { type ChunkKeys, deriveKeys, type KeyInput } from './keys.ts';
import { type Metadata, writeMetadata } from './metadata.ts';
import { newSecret, parseSecret } from './secret.ts';

export type SealOptions = {
  /** Needed to open it, in addition to the secret. An empty password counts as none. */
  password?: string;
};

export type Sealed = {
  /** Opens it; the link has it as `#{secret}`. */
  secret: string;
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The size of the sealed file in bytes, if the size of the content is known. */
  size?: number;
};

/**
 * Seals content with a new secret (docs/encryption.md). The content is read as the sealed stream is read, in chunks
 * of 64 KiB.
 *
 * @throws RangeError if name and type are over 16 KiB
 */
export function seal(
  content: ByteSource,
  metadata: Metadata,
  { password }: SealOptions = {},
): Promise<Sealed> {
  const salt = crypto.getRandomValues(new Uint8Array(saltLength));
  const stretching = password ? { password, iterations: defaultIterations } : { iterations: 0 };
  return sealBy(newSecret(), { salt, ...stretching }, content, metadata);
}

/** Seals with a given secret and salt, for tests with known answers. Otherwise both must be new for each content. */
export async function sealBy(
  secret: string,
  { salt, iterations, password }: Omit<KeyInput, 'secret'>,
  content: ByteSource,
  metadata: Metadata,
): Promise<Sealed> {
  const metadataBytes = writeMetadata(metadata);
  const keys = await deriveKeys({ secret: parseSecret(secret), salt, iterations, password });
  const header = writeHeader({ iterations, salt, commitment: keys.commitment });
  const reader = new ByteReader(content);
  const size = content instanceof Blob ? content.size : (content as { byteLength?: number }).byteLength;
  return {
    secret,
    stream: streamOf(sealChunks(metadataBytes, reader, header, keys), reader),
    ...(size !== undefined && { size: sizeFor(size + metadataBytes.length) }),
  };
}

/** The size of the sealed file for content of a given size (bytes). */
export function sealedSize(contentSize: number, metadata: Metadata): number {
  return sizeFor(contentSize + writeMetadata(metadata).length);
}

function sizeFor(plaintext: number): number {
  return headerLength + plaintext + tagLength * Math.max(1, Math.ceil(plaintext / chunkLength));
}

async function* sealChunks(
  metadataBytes: Uint8Array<ArrayBuffer>,
  content: ByteReader,
  header: Uint8Array<ArrayBuffer>,
  keys: ChunkKeys,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  yield header.slice();
  content.putBack(metadataBytes);
  let index = 0;
  for await (const { bytes, isLast } of blocksOf(content, chunkLength)) {
    yield await keys.seal(bytes, { index, isLast, header });
    index += 1;
  }
}
