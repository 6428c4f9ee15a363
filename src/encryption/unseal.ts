import { ByteReader, type ByteSource, blocksOf, streamOf } from './byte-stream.ts';
import {
  chunkLength,
  headerLength,
  maxIterations,
  readHeader,
  startsLikeHeader,
  tagLength,
} from './format.ts';
import { areEqual, type ChunkKeys, deriveKeys, type Nonce } from './keys.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { SealError } from './seal-error.ts';
import { parseSecret } from './secret.ts';

export type UnsealOptions = { password?: string };

export type Unsealed = {
  metadata: Metadata;
  /** The content. It fails with a SealError at the first chunk that was altered or is missing. */
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
};

/** A sealed file of which only the header was read. */
export type SealedReader = {
  needsPassword: boolean;
  /**
   * Opens it. After a wrong secret or password it can be called again.
   *
   * @throws SealError
   */
  unseal(secret: string, options?: UnsealOptions): Promise<Unsealed>;
  /** Cancels the source. */
  cancel(): void;
};

/**
 * Reads the header of a sealed file. This shows whether a password is needed without reading the content, which may be
 * readable only once.
 *
 * @throws SealError `not_sealed`, `truncated`, `too_costly`
 */
export async function readSealed(source: ByteSource): Promise<SealedReader> {
  const reader = new ByteReader(source);
  const bytes = await reader.take(headerLength);
  const header = readHeader(bytes);
  if (header === undefined) {
    reader.cancel();
    throw new SealError(startsLikeHeader(bytes) && bytes.length < headerLength ? 'truncated' : 'not_sealed');
  }
  const { iterations, salt, commitment } = header;
  if (iterations > maxIterations) {
    reader.cancel();
    throw new SealError('too_costly');
  }
  const needsPassword = iterations > 0;
  const unseal = async (secret: string, { password }: UnsealOptions = {}): Promise<Unsealed> => {
    const input = { secret: parseSecret(secret), salt, iterations };
    if (needsPassword && !password) throw new SealError('password_needed');
    const keys = await deriveKeys({ ...input, ...(needsPassword && { password }) });
    if (!areEqual(keys.commitment, commitment)) throw new SealError('wrong_key');
    const chunks = openChunks(reader, bytes, keys);
    try {
      const { metadata, content } = readMetadata((await chunks.next()).value ?? new Uint8Array(0));
      return { metadata, stream: streamOf(prepend(content, chunks), reader) };
    } catch (error) {
      reader.cancel(error);
      throw error;
    }
  };
  return { needsPassword, unseal, cancel: () => reader.cancel() };
}

/**
 * Opens a sealed file.
 *
 * @throws SealError
 */
export async function unseal(
  source: ByteSource,
  secret: string,
  options: UnsealOptions = {},
): Promise<Unsealed> {
  const reader = await readSealed(source);
  try {
    return await reader.unseal(secret, options);
  } catch (error) {
    reader.cancel();
    throw error;
  }
}

/** Decrypts chunk by chunk. A chunk is returned only after its tag was verified. */
async function* openChunks(
  reader: ByteReader,
  header: Uint8Array<ArrayBuffer>,
  keys: ChunkKeys,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let index = 0;
  for await (const { bytes, isLast } of blocksOf(reader, chunkLength + tagLength)) {
    if (bytes.length < tagLength) throw new SealError('truncated');
    const nonce = { index, isLast, header };
    const opened = await keys.open(bytes, nonce);
    if (opened === undefined) throw new SealError(await reasonOf(bytes, nonce, keys));
    yield opened;
    index += 1;
  }
}

/** If the last chunk opens as one that is not the last, the chunks after it are missing. */
async function reasonOf(
  bytes: Uint8Array<ArrayBuffer>,
  nonce: Nonce,
  keys: ChunkKeys,
): Promise<'altered' | 'truncated'> {
  if (!nonce.isLast) return 'altered';
  return (await keys.open(bytes, { ...nonce, isLast: false })) === undefined ? 'altered' : 'truncated';
}

async function* prepend(
  first: Uint8Array<ArrayBuffer>,
  rest: AsyncGenerator<Uint8Array<ArrayBuffer>, void>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  if (first.length > 0) yield first;
  yield* rest;
}
