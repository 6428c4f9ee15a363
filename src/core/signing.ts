import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalid } from './failure.ts';
import type { PreviousSecret } from './previous-secret.ts';

/** The signed value. JSON makes types and boundaries of the fields unambiguous. */
type Signed = [purpose: string, ...fields: (string | number)[]] | { cursor: [string, string | number] };

/** The length of the seal of a cursor (bytes): half of the hash, the minimum of RFC 2104, section 5. */
const sealLength = 16;

/** Signs values that clients return unchanged, with HMAC-SHA256 and the secret of the server. */
export class Signer {
  readonly #secret: string;
  readonly #previous: Pick<PreviousSecret, 'value'>;

  /** @param previous A secret that only verifies signatures. */
  constructor(secret: string, previous: Pick<PreviousSecret, 'value'> = { value: undefined }) {
    this.#secret = secret;
    this.#previous = previous;
  }

  /**
   * @param purpose The signature is valid for this purpose only.
   * @returns The signature in base64url, 43 characters.
   */
  sign(purpose: string, ...fields: (string | number)[]): string {
    return this.#seal([purpose, ...fields]).toString('base64url');
  }

  /** Whether a signature is valid for this purpose and these fields, in constant time. */
  verify(signature: string, purpose: string, ...fields: (string | number)[]): boolean {
    const given = Buffer.from(signature);
    if (isEqual(given, Buffer.from(this.sign(purpose, ...fields)))) return true;
    const { value: previous } = this.#previous;
    if (previous === undefined) return false;
    return isEqual(given, Buffer.from(this.#seal([purpose, ...fields], previous).toString('base64url')));
  }

  /**
   * Makes a cursor: a position in a list. It is not secret, but cannot be forged.
   *
   * @param scope Identifies the list, its account and its filters.
   * @returns URL-safe text.
   */
  sealCursor(scope: string, position: number | string): string {
    return this.#cursor(scope, position, this.#secret);
  }

  #cursor(scope: string, position: number | string, secret: string): string {
    const seal = this.#seal({ cursor: [scope, position] }, secret).subarray(0, sealLength);
    return Buffer.concat([seal, Buffer.from(JSON.stringify(position))]).toString('base64url');
  }

  /**
   * @returns The position, with the type that it was sealed with.
   * @throws Failure `invalid` if the cursor was not sealed for this scope
   */
  openCursor(scope: string, cursor: string): number | string {
    const position = positionIn(Buffer.from(cursor, 'base64url'));
    // Sealed again and compared as text: base64url has several spellings of the same bytes.
    const isSealedWith = (secret: string | undefined) =>
      position !== undefined &&
      secret !== undefined &&
      isEqual(Buffer.from(cursor), Buffer.from(this.#cursor(scope, position, secret)));
    if (position === undefined || !(isSealedWith(this.#secret) || isSealedWith(this.#previous.value)))
      throw invalid('cursor', 'must be a cursor that this list returned');
    return position;
  }

  #seal(signed: Signed, secret = this.#secret): Buffer {
    return createHmac('sha256', secret).update(JSON.stringify(signed)).digest();
  }
}

function positionIn(cursor: Buffer): number | string | undefined {
  try {
    const position: unknown = JSON.parse(cursor.subarray(sealLength).toString());
    return typeof position === 'number' || typeof position === 'string' ? position : undefined;
  } catch {
    return undefined;
  }
}

/** Compares in constant time, except for the length, which is not secret. */
function isEqual(given: Buffer, right: Buffer): boolean {
  return given.length === right.length && timingSafeEqual(given, right);
}
