import { Failure } from '../failure.ts';

/** The maximum length of a key in UTF-8 (bytes; docs/contract/buckets.md, "Limits"). */
const maxBytes = 1024;

/**
 * Checks the key of a new object: it must survive a URL path unchanged, and have no control characters.
 *
 * @throws Failure `invalid_key`
 */
export function requireNewKey(key: string): string {
  if (!isObjectKey(key) || /\p{Cc}/u.test(key)) throw invalidKey();
  return key;
}

/** Checks a key that an object may exist under. @throws Failure `invalid_key` */
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

/** Accepts C1 control characters too, since earlier versions stored such keys, which can still be read and removed. */
export function isObjectKey(key: string): boolean {
  if (key === '' || key.length > maxBytes || Buffer.byteLength(key) > maxBytes) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the regex rejects them
  return !/[\x00-\x1f\x7f]/.test(key) && key.isWellFormed() && !/(?:^|\/)\.\.?(?:\/|$)/.test(key);
}

/**
 * The exclusive upper bound of the keys with a prefix, in byte order; undefined if there is none. UTF-8 sorts by code
 * point.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point === 0x10ffff) continue;
    // Skip the surrogates: after U+D7FF comes U+E000.
    return points.join('') + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
  }
  return undefined;
}

/**
 * A text that sorts after a key and before every other key after it: no key contains U+0001. U+0000 is not used, since
 * not every database can compare with it.
 */
export function justAfter(key: string): string {
  return `${key}\x01`;
}
