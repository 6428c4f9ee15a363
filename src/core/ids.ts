import { hash, timingSafeEqual } from 'node:crypto';
import { customAlphabet } from 'nanoid';
import { monotonicFactory, ulid } from 'ulid';

/** A hash id: 32 lowercase hex digits, 128 random bits, as in docs/contract/payloads.md, "Example". */
export const newHashId = customAlphabet('0123456789abcdef', 32);

/** An id that stands beside every key in an index, and is short for that: 12 characters, 62 random bits. */
export const newShortId = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 12);

/** A secret that only its maker is told: 160 random bits in URL-safe characters. */
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

/** The same with 80 random bits of its own: knowing another's of the same millisecond does not tell it. */
export function newSecretTimedId(now: number): string {
  return ulid(now);
}

const hashId = /^[0-9a-f]+$/;

/** Whether something can be a hash id at all; what cannot (a path that is not UTF-8, say) is not worth a query. */
export function isHashId(text: unknown): text is string {
  return typeof text === 'string' && text.length === 32 && hashId.test(text);
}

/** Secrets are kept only as their SHA-256. */
export function hashSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}

/** Compares a secret with its kept hash in constant time. */
export function matchesSecret(secret: string, kept: Uint8Array): boolean {
  return timingSafeEqual(hashSecret(secret), kept);
}
