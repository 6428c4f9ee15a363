import { longestMetadata, metadataPrefixLength } from './format.ts';
import { SealError } from './seal-error.ts';

/** What is sealed with the content. */
export type Metadata = {
  /** A file name, where there is one. */
  name: string | null;
  /** The media type. */
  type: string;
};

/** Length and metadata, as they come before the content. @throws RangeError where they are over 16 KiB */
export function writeMetadata({ name, type }: Metadata): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify({ name, type }));
  if (json.length > longestMetadata) throw new RangeError('Name and type exceed 16 KiB');
  const bytes = new Uint8Array(metadataPrefixLength + json.length);
  new DataView(bytes.buffer).setUint32(0, json.length);
  bytes.set(json, metadataPrefixLength);
  return bytes;
}

/**
 * Reads the metadata from the first chunk, which has all of it.
 *
 * @throws SealError `not_sealed` where whoever sealed it wrote something else
 */
export function readMetadata(chunk: Uint8Array<ArrayBuffer>): {
  metadata: Metadata;
  content: Uint8Array<ArrayBuffer>;
} {
  if (chunk.length < metadataPrefixLength) throw new SealError('not_sealed');
  const length = new DataView(chunk.buffer, chunk.byteOffset).getUint32(0);
  const end = metadataPrefixLength + length;
  if (length > longestMetadata || end > chunk.length) throw new SealError('not_sealed');
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
