/** The sealed format: end-to-end encryption of shared content (docs/encryption.md). */
export type { ByteSource } from './byte-stream.ts';
export { sealedMediaType } from './format.ts';
export type { Metadata } from './metadata.ts';
export { type Sealed, type SealOptions, seal, sealedSize } from './seal.ts';
export { SealError, type SealErrorCode } from './seal-error.ts';
export { newSecret, parseSecret } from './secret.ts';
export { readSealed, type SealedReader, type Unsealed, type UnsealOptions, unseal } from './unseal.ts';

/** Whether this platform can seal. Pages can only over HTTPS or from localhost. */
export function canSeal(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}
