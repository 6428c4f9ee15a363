import { SealError } from './seal-error.ts';

/** The bytes of a secret. */
const length = 32;

/** A new secret as it is in a link, after the `#`: 32 random bytes in base64url without padding. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** The bytes of a secret. @throws SealError `bad_secret` */
export function parseSecret(text: string): Uint8Array<ArrayBuffer> {
  // The last of 43 characters has two bits that no byte has: of all that decode alike only one is right.
  if (!/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text)) throw new SealError('bad_secret');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
