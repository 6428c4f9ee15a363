import { Failure } from '../../../core/failure.ts';

/** The limits of the JSON in a request. */
export type JsonBounds = {
  /** The maximum depth of nested objects and arrays. */
  depth: number;
  /** The maximum number of members of all objects and elements of all arrays together. */
  members: number;
};

/** The bytes of a string that are read one by one before the rest is searched natively. */
const steppedBytes = 32;

/**
 * Limits of the bytes outside of strings: those of one number, and those of each member. These bytes are read one by
 * one, and 20 MB of them would block the thread for longer than the same amount in a string.
 */
const maxScalarLength = 64 * 1024;
const bytesOfMember = 64;

/** By byte: 1 for whitespace between tokens (RFC 8259 §2). */
const blanks = new Uint8Array(256);
for (const blank of ' \t\n\r') blanks[blank.charCodeAt(0)] = 1;

const quote = 0x22;
const backslash = 0x5c;

/**
 * Counts the structure of JSON in UTF-8 as its bytes arrive, before it is parsed. A parser needs many times the memory
 * of its input, and blocks everything else (OWASP ASVS 4.0.3, V13.2). Malformed JSON may pass, and then fails to parse.
 */
export class JsonScan {
  readonly #bounds: JsonBounds;
  #depth = 0;
  #members = 0;
  /** Whether a container was opened and is empty so far. */
  #isOpened = false;
  #isInString = false;
  /** Whether the last chunk ended between a backslash and the escaped character. */
  #isEscaped = false;
  /** The number of bytes outside of strings, without whitespace. */
  #outside = 0;
  readonly #maxOutside: number;

  constructor(bounds: JsonBounds) {
    this.#bounds = bounds;
    this.#maxOutside = maxScalarLength + bytesOfMember * bounds.members;
  }

  /** Scans the next bytes. @throws Failure `invalid` above the limits */
  push(bytes: Uint8Array): void {
    const end = bytes.length;
    let at = 0;
    while (at < end) {
      if (this.#isInString) {
        at = this.#skipString(bytes, at);
        continue;
      }
      const byte = bytes[at] as number;
      at += 1;
      if (blanks[byte] === 1) {
        while (at < end && blanks[bytes[at] as number] === 1) at += 1;
        continue;
      }
      this.#outside += 1;
      if (this.#outside > this.#maxOutside) throw overLimits();
      this.#look(byte);
    }
  }

  #look(byte: number): void {
    switch (byte) {
      case quote:
        this.#beginValue();
        this.#isInString = true;
        return;
      case 0x7b: // {
      case 0x5b: // [
        this.#beginValue();
        this.#isOpened = true;
        this.#depth += 1;
        if (this.#depth > this.#bounds.depth) throw overLimits();
        return;
      case 0x7d: // }
      case 0x5d: // ]
        this.#isOpened = false;
        this.#depth -= 1;
        return;
      case 0x2c: // ,
        this.#countMember();
        return;
      default:
        this.#beginValue();
    }
  }

  #beginValue(): void {
    if (!this.#isOpened) return;
    this.#isOpened = false;
    this.#countMember();
  }

  #countMember(): void {
    this.#members += 1;
    if (this.#members > this.#bounds.members) throw overLimits();
  }

  /** @returns Where the string ends in these bytes, or their end */
  #skipString(bytes: Uint8Array, from: number): number {
    const end = bytes.length;
    let at = from;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at += 1;
    }
    let [nextQuote, nextBackslash] = [-1, -1];
    while (at < end) {
      // Frequent escapes are faster to step over. Only a long rest is worth a search.
      for (const near = Math.min(at + steppedBytes, end); at < near; at += 1) {
        const byte = bytes[at];
        if (byte === quote) {
          this.#isInString = false;
          return at + 1;
        }
        if (byte === backslash) at += 1;
      }
      if (at >= end) break;
      if (nextQuote < at) nextQuote = positionOf(quote, bytes, at);
      if (nextBackslash < at) nextBackslash = positionOf(backslash, bytes, at);
      at = Math.min(nextQuote, nextBackslash);
    }
    // A backslash at the very end escapes the first byte of the next chunk.
    this.#isEscaped = at > end;
    return end;
  }
}

/** The next position of a byte, or the end. */
function positionOf(byte: number, bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}

function overLimits(): Failure {
  return new Failure(
    'invalid',
    'The JSON of the request body is nested too deep, has too many members, or too many bytes outside of strings',
  );
}
