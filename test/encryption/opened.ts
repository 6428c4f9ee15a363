import { SealError, type UnsealOptions, unseal } from '../../src/encryption/index.ts';

/** The result of unsealing: every byte that was returned, and the error code, if it failed. */
export type Opened = { bytes: Uint8Array<ArrayBuffer>; code?: string };

/** Unseals to the end or to the first error. @throws any error other than a SealError */
export async function open(sealed: Uint8Array, secret: string, options?: UnsealOptions): Promise<Opened> {
  const chunks: Uint8Array[] = [];
  const bytes = () => Uint8Array.from(Buffer.concat(chunks));
  try {
    const { stream } = await unseal(sealed, secret, options);
    for await (const chunk of stream) chunks.push(chunk);
    return { bytes: bytes() };
  } catch (error) {
    if (error instanceof SealError) return { bytes: bytes(), code: error.code };
    throw error;
  }
}

/** Bytes that differ at every position. */
export function content(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 17) & 255);
}
