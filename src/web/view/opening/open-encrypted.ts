import { canSeal, parseSecret, readSealed } from '../../../encryption/index.ts';
import { type Content, contentOf, safeName } from './content.ts';
import { collect, OpeningError } from './raw-bytes.ts';

/** Checks the secret before the request, which may use up a read. @throws OpeningError */
export function requireSecret(secret: string): void {
  if (!canSeal()) throw new OpeningError('insecure');
  if (secret === '') throw new OpeningError('no_secret');
  try {
    parseSecret(secret);
  } catch {
    throw new OpeningError('bad_secret');
  }
}

/**
 * Decrypts content, or reports that it needs a password.
 *
 * @throws SealError `wrong_key`, `altered`, `truncated`, `not_sealed`, `too_costly`
 */
export async function openEncrypted(
  source: Blob | ReadableStream<Uint8Array>,
  { secret, password }: { secret: string; password: string | undefined },
  onProgress: (bytes: number) => void,
): Promise<Content | 'password-needed'> {
  const reader = await readSealed(source);
  try {
    if (reader.needsPassword && !password) {
      reader.cancel();
      return 'password-needed';
    }
    const { metadata, stream } = await reader.unseal(secret, { password });
    const blob = await collect(stream, onProgress);
    const mediaType = /^[ -~]{1,255}$/.test(metadata.type) ? metadata.type : 'application/octet-stream';
    return await contentOf(blob, { name: safeName(metadata.name ?? '') || null, mediaType });
  } catch (error) {
    reader.cancel();
    throw error;
  }
}
