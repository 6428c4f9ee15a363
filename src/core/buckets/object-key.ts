import { Failure } from '../failure.ts';

/** The most bytes of a key in UTF-8 (docs/contract/buckets.md, "Limits"). */
const maxBytes = 1024;

/**
 * A key under which an object may be stored now: any text that a path brings back unchanged and that shows as it is.
 *
 * @throws Failure `invalid_key`
 */
export function requireNewKey(key: string): string {
  if (!isObjectKey(key) || /\p{Cc}/u.test(key)) throw invalidKey();
  return key;
}

/** A key under which an object can be. @throws Failure `invalid_key` */
export function requireObjectKey(key: string): string {
  if (!isObjectKey(key)) throw invalidKey();
  return key;
}

export function invalidKey(): Failure {
  return new Failure(
    'invalid_key',
    `The key must be 1 to ${maxBytes} bytes of UTF-8, without control characters and without . or .. as a segment`,
  );
}

/** Earlier versions stored keys with C1 control characters: those can still be read and removed. */
export function isObjectKey(key: string): boolean {
  if (key === '' || key.length > maxBytes || Buffer.byteLength(key) > maxBytes) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return !/[\x00-\x1f\x7f]/.test(key) && key.isWellFormed() && !/(?:^|\/)\.\.?(?:\/|$)/.test(key);
}

/**
 * What keys that begin with a prefix come before, in the order of bytes; undefined where nothing comes after them.
 * The bytes of UTF-8 sort as the code points do.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point === 0x10ffff) continue;
    // No text has surrogates on their own: after U+D7FF comes U+E000.
    return points.join('') + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
  }
  return undefined;
}

/** The first text that comes after a key: no key holds NUL. */
export function justAfter(key: string): string {
  return `${key}\0`;
}
