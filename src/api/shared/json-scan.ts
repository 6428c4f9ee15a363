import { Failure } from '../../core/failure.ts';

/** What the JSON of a request may be made of at most. */
export type JsonBounds = {
  /** How many objects and arrays may lie within each other. */
  depth: number;
  /** How many members all objects, and elements all arrays, may have together. */
  members: number;
};

/** How many bytes of a string are looked at one by one before the rest is searched natively. */
const looked = 32;

/**
 * Bytes outside of strings are looked at one by one, and 20 MB of them would take the thread from everybody for longer
 * than as much content in a string: no number is longer than this, and no member has more of them than that (bytes).
 */
const longestScalar = 64 * 1024;
const bytesOfMember = 64;

/** By byte: 1 for what may lie between any two tokens (RFC 8259 §2). */
const blanks = new Uint8Array(256);
for (const blank of ' \t\n\r') blanks[blank.charCodeAt(0)] = 1;

const quote = 0x22;
const backslash = 0x5c;

/**
 * Counts the structure of JSON in UTF-8 as its bytes come, before it is parsed: a parser needs many times the memory
 * of what it reads, and stops everything else (OWASP ASVS 4.0.3, V13.2). JSON that is malformed may pass, and fails
 * when it is parsed.
 */
export class JsonScan {
  readonly #bounds: JsonBounds;
  #depth = 0;
  #members = 0;
  /** Whether a container was opened and nothing in it came yet. */
  #isOpened = false;
  #isInString = false;
  /** Whether the last chunk ended between a backslash and what it escapes. */
  #isEscaped = false;
  /** How many bytes were looked at one by one: those outside of strings, without blanks. */
  #outside = 0;
  readonly #mostOutside: number;

  constructor(bounds: JsonBounds) {
    this.#bounds = bounds;
    this.#mostOutside = longestScalar + bytesOfMember * bounds.members;
  }

  /** Takes the next bytes. @throws Failure `invalid` past the bounds */
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
      if (this.#outside > this.#mostOutside) throw pastBounds();
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
        if (this.#depth > this.#bounds.depth) throw pastBounds();
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
    if (this.#members > this.#bounds.members) throw pastBounds();
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
      // Dense escapes are faster to step over; only a long piece is worth a search.
      for (const near = Math.min(at + looked, end); at < near; at += 1) {
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
    // A backslash at the very end escapes what comes next.
    this.#isEscaped = at > end;
    return end;
  }
}

/** Where a byte comes next; the end where it does not. */
function positionOf(byte: number, bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}

function pastBounds(): Failure {
  return new Failure(
    'invalid',
    'The JSON of the request body is nested too deep, has too many members, or too many bytes outside of strings',
  );
}
