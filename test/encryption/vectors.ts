import { createHash } from 'node:crypto';
import { unseal } from '../../src/encryption/index.ts';
import { sealBy } from '../../src/encryption/seal.ts';
import known from './vectors.json' with { type: 'json' };

type Vector = (typeof known.vectors)[number];

export const vectors: Vector[] = known.vectors;

/** Unseals one of the vectors, and seals its content again. Works on Bun and Deno. */
export async function tryVector(vector: Vector) {
  const { secret, password, iterations, salt, metadata, contentLength } = vector;
  const sealed = Uint8Array.fromBase64(vector.sealed);
  const given = password === null ? {} : { password };
  const opened = await unseal(new Blob([sealed]), secret, given);
  const content = Uint8Array.from({ length: contentLength }, (_, at) => at % 251);
  const terms = { salt: Uint8Array.fromHex(salt), iterations, ...given };
  const again = await sealBy(secret, terms, content, metadata);
  const bytes = await new Response(again.stream).bytes();
  return {
    name: vector.name,
    metadata: opened.metadata,
    contentSha256: createHash('sha256')
      .update(await new Response(opened.stream).bytes())
      .digest('hex'),
    sealedAnew: bytes.toBase64() === vector.sealed,
    size: again.size,
  };
}

/** The expected result. */
export function expected({ name, metadata, contentSha256, sealed }: Vector) {
  return { name, metadata, contentSha256, sealedAnew: true, size: Uint8Array.fromBase64(sealed).length };
}
