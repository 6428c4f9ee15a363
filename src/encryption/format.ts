/** The constants of the sealed format, version 1 (docs/encryption.md). Lengths are in bytes. */

export const sealedMediaType = 'application/vnd.mayfly.sealed';

export const headerLength = 60;
export const saltLength = 16;
export const commitmentLength = 32;
export const chunkLength = 65_536;
export const tagLength = 16;
/** The bytes of the length that precedes the metadata. */
export const metadataPrefixLength = 4;
export const maxMetadataLength = 16_384;

/** OWASP's recommendation for PBKDF2-HMAC-SHA-256 (Password Storage Cheat Sheet). */
export const defaultIterations = 600_000;
/** Readers refuse more, since the file sets the number: 10 million take a desktop computer 16 s. */
export const maxIterations = 2_000_000;

/** `MAYFLY` and the version. */
const magic: Uint8Array = new TextEncoder().encode('MAYFLY\x01');
const passwordFlag = 1;

type Header = {
  /** Of PBKDF2; 0 if no password is needed. */
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

/** Parses a header; undefined if it is not one of this version. */
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

/** Whether the bytes begin like a header. They may be shorter than one. */
export function startsLikeHeader(bytes: Uint8Array): boolean {
  return magic.every((byte, at) => at >= bytes.length || bytes[at] === byte);
}
