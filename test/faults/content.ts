import { createCipheriv, createHash } from 'node:crypto';

/** Random-looking bytes that follow from a name and a size, so that no copy is needed for a comparison. */
export function bytesOf(name: string, size: number): Buffer {
  const digest = createHash('sha256').update(name).digest();
  const cipher = createCipheriv('aes-128-ctr', digest.subarray(0, 16), digest.subarray(16));
  return cipher.update(Buffer.alloc(size));
}

/** The same as text of that many characters. */
export function textOf(name: string, length: number): string {
  return bytesOf(name, Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length);
}
