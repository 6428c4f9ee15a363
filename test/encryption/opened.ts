import { SealError, type UnsealOptions, unseal } from '../../src/encryption/index.ts';

/** What came of unsealing: every byte that was handed out, and why it ended where it did not end well. */
export type Opened = { bytes: Uint8Array<ArrayBuffer>; code?: string };

/** Unseals to the end, or to where it is refused. @throws What is no SealError */
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

/** Bytes in which every place can be told from the others. */
export function content(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 17) & 255);
}
