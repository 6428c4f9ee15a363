import { SealError } from './seal-error.ts';

/** In bytes. */
const secretLength = 32;

/** A new secret for a link: 32 random bytes in base64url without padding. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(secretLength));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** Decodes a secret. @throws SealError `bad_secret` */
export function parseSecret(text: string): Uint8Array<ArrayBuffer> {
  // The last of 43 characters has two unused bits. They must be 0, so that each secret has only one encoding.
  if (!/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text)) throw new SealError('bad_secret');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
