/** The sealed format, version 1, in numbers (docs/encryption.md). Lengths are bytes. */

export const sealedMediaType = 'application/vnd.mayfly.sealed';

export const headerLength = 60;
export const saltLength = 16;
export const commitmentLength = 32;
export const chunkLength = 65_536;
export const tagLength = 16;
/** The length of the metadata comes before it, in so many bytes. */
export const metadataPrefixLength = 4;
export const longestMetadata = 16_384;

/** OWASP's recommendation for PBKDF2-HMAC-SHA-256 (Password Storage Cheat Sheet). */
export const usualIterations = 600_000;
/** Readers refuse more: 10 million take a desktop computer 16 s, and the file decides how many it asks for. */
export const mostIterations = 2_000_000;

/** `MAYFLY` and the version. */
const magic: Uint8Array = new TextEncoder().encode('MAYFLY\x01');
const passwordFlag = 1;

type Header = {
  /** Of PBKDF2; 0 where no password is needed. */
  iterations: number;
  salt: Uint8Array<ArrayBuffer>;
  commitment: Uint8Array<ArrayBuffer>;
};

export function writeHeader({ iterations, salt, commitment }: Header): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(headerLength);
  header.set(magic);
  header[magic.length] = iterations > 0 ? passwordFlag : 0;
  new DataView(header.buffer).setUint32(magic.length + 1, iterations);
  header.set(salt, headerLength - commitmentLength - saltLength);
  header.set(commitment, headerLength - commitmentLength);
  return header;
}

/** Reads a header; undefined where it is none of this version. */
export function readHeader(bytes: Uint8Array<ArrayBuffer>): Header | undefined {
  if (bytes.length < headerLength || !startsLikeHeader(bytes)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
  const flags = view.getUint8(magic.length);
  const iterations = view.getUint32(magic.length + 1);
  if (flags !== (iterations > 0 ? passwordFlag : 0)) return undefined;
  const commitmentAt = headerLength - commitmentLength;
  return {
    iterations,
    salt: bytes.slice(commitmentAt - saltLength, commitmentAt),
    commitment: bytes.slice(commitmentAt, headerLength),
  };
}

/** Whether bytes, also fewer than a header has, begin as one does. */
export function startsLikeHeader(bytes: Uint8Array): boolean {
  return magic.every((byte, at) => at >= bytes.length || bytes[at] === byte);
}
