import { maxMetadataLength, metadataPrefixLength } from './format.ts';
import { SealError } from './seal-error.ts';

/** The file name and the media type, which are sealed with the content. */
export type Metadata = { name: string | null; type: string };

/** The length and the metadata, which precede the content. @throws RangeError if the metadata is over 16 KiB */
export function writeMetadata({ name, type }: Metadata): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify({ name, type }));
  if (json.length > maxMetadataLength) throw new RangeError('The name and the type exceed 16 KiB');
  const bytes = new Uint8Array(metadataPrefixLength + json.length);
  new DataView(bytes.buffer).setUint32(0, json.length);
  bytes.set(json, metadataPrefixLength);
  return bytes;
}

/**
 * Reads the metadata from the first chunk, which always has all of it.
 *
 * @throws SealError `not_sealed` if the metadata is invalid
 */
export function readMetadata(chunk: Uint8Array<ArrayBuffer>): {
  metadata: Metadata;
  content: Uint8Array<ArrayBuffer>;
} {
  if (chunk.length < metadataPrefixLength) throw new SealError('not_sealed');
  const length = new DataView(chunk.buffer, chunk.byteOffset).getUint32(0);
  const end = metadataPrefixLength + length;
  if (length > maxMetadataLength || end > chunk.length) throw new SealError('not_sealed');
  return { metadata: parse(chunk.subarray(metadataPrefixLength, end)), content: chunk.subarray(end) };
}

function parse(bytes: Uint8Array): Metadata {
  let fields: { name?: unknown; type?: unknown } | null;
  try {
    fields = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new SealError('not_sealed');
  }
  const { name, type } = fields ?? {};
  if ((typeof name !== 'string' && name !== null) || typeof type !== 'string')
    throw new SealError('not_sealed');
  return { name, type };
}
