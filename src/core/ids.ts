import { hash, timingSafeEqual } from 'node:crypto';
import { customAlphabet } from 'nanoid';
import { monotonicFactory, ulid } from 'ulid';

/** A hash id: 32 lowercase hex digits, 128 random bits, as in docs/contract/payloads.md, "Example". */
export const newHashId = customAlphabet('0123456789abcdef', 32);

/** A short id, for a column that every entry of an index repeats: 12 characters, 62 random bits. */
export const newShortId = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 12);

/** A secret that is shown once: 160 random bits in URL-safe characters. */
export const newToken = customAlphabet(
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_',
  27,
);

const nextUlid = monotonicFactory();

/**
 * An id that sorts by time, as UploadKit's file ids do (docs/contract/uploadkit.md, "Files"): a ULID.
 *
 * @param now Milliseconds since the epoch.
 */
export function newTimedId(now: number): string {
  return nextUlid(now);
}

/** As `newTimedId`, but with 80 fresh random bits: an id cannot be guessed from another of the same millisecond. */
export function newSecretTimedId(now: number): string {
  return ulid(now);
}

const hashId = /^[0-9a-f]+$/;

/** Whether something has the form of a hash id. Saves a query for anything else. */
export function isHashId(text: unknown): text is string {
  return typeof text === 'string' && text.length === 32 && hashId.test(text);
}

/** SHA-256, the only form in which secrets are stored. */
export function hashSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}

/** Compares a secret with a stored hash in constant time. */
export function matchesSecret(secret: string, storedHash: Uint8Array): boolean {
  return timingSafeEqual(hashSecret(secret), storedHash);
}
