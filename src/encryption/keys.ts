import { commitmentLength, tagLength } from './format.ts';

/** Seals and opens the chunks of one file. */
export type ChunkKeys = {
  /** Detects a wrong secret or password before anything is decrypted. */
  commitment: Uint8Array<ArrayBuffer>;
  seal(chunk: Uint8Array<ArrayBuffer>, nonce: Nonce): Promise<Uint8Array<ArrayBuffer>>;
  /** @returns undefined if the tag does not match */
  open(chunk: Uint8Array<ArrayBuffer>, nonce: Nonce): Promise<Uint8Array<ArrayBuffer> | undefined>;
};

/** The inputs that differ between the chunks of a file, and its header. */
export type Nonce = { index: number; isLast: boolean; header: Uint8Array<ArrayBuffer> };

export type KeyInput = {
  secret: Uint8Array<ArrayBuffer>;
  salt: Uint8Array<ArrayBuffer>;
  password?: string;
  /** Of PBKDF2. */
  iterations: number;
};

const encoder = new TextEncoder();
const prefixLength = 7;
/** The index is four bytes of the nonce. */
const maxChunks = 2 ** 32;

/**
 * Derives the keys of a file (docs/encryption.md, "Keys") by HKDF, from the secret and the password, if there is one.
 */
export async function deriveKeys({ secret, salt, password, iterations }: KeyInput): Promise<ChunkKeys> {
  const input = password === undefined ? secret : joined(secret, await stretch(password, salt, iterations));
  const material = await crypto.subtle.importKey('raw', input, 'HKDF', false, ['deriveBits', 'deriveKey']);
  const by = (purpose: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt,
    info: encoder.encode(`mayfly sealed v1 ${purpose}`),
  });
  const bytes = async (purpose: string, length: number) =>
    new Uint8Array(await crypto.subtle.deriveBits(by(purpose), material, length * 8));
  const aes = { name: 'AES-GCM', length: 256 };
  const [key, commitment, prefix] = await Promise.all([
    crypto.subtle.deriveKey(by('key'), material, aes, false, ['encrypt', 'decrypt']),
    bytes('commitment', commitmentLength),
    bytes('nonce', prefixLength),
  ]);
  const parameters = ({ index, isLast, header }: Nonce) => ({
    name: 'AES-GCM',
    iv: nonceOf(prefix, index, isLast),
    additionalData: header,
    tagLength: tagLength * 8,
  });
  return {
    commitment,
    seal: async (chunk, nonce) => new Uint8Array(await crypto.subtle.encrypt(parameters(nonce), key, chunk)),
    open: async (chunk, nonce) => {
      try {
        return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce), key, chunk));
      } catch (error) {
        // The only failure of AES-GCM itself (Web Cryptography, "AES-GCM", decrypt).
        if (error instanceof DOMException && error.name === 'OperationError') return undefined;
        throw error;
      }
    },
  };
}

/** The nonce of the STREAM construction: a prefix, the index, and a byte that is 1 only in the last chunk. */
function nonceOf(prefix: Uint8Array, index: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  if (index >= maxChunks) throw new RangeError('A file of more than 256 TiB cannot be sealed');
  const nonce = new Uint8Array(prefixLength + 5);
  nonce.set(prefix);
  new DataView(nonce.buffer).setUint32(prefixLength, index);
  nonce[prefixLength + 4] = isLast ? 1 : 0;
  return nonce;
}

async function stretch(password: string, salt: Uint8Array<ArrayBuffer>, iterations: number) {
  const text = encoder.encode(password.normalize('NFC'));
  const material = await crypto.subtle.importKey('raw', text, 'PBKDF2', false, ['deriveBits']);
  const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, material, 256));
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** Compares in constant time. */
export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (const [at, byte] of one.entries()) difference |= byte ^ (other[at] ?? 0);
  return difference === 0;
}
