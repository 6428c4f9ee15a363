import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalid } from './failure.ts';
import type { PreviousSecret } from './previous-secret.ts';

/** What is signed. JSON tells apart text and number, and where one ends and the next begins. */
type Signed = [purpose: string, ...fields: (string | number)[]] | { cursor: [string, string | number] };

/** Of a cursor's seal (bytes): half of the hash, as RFC 2104, section 5 has it at least. */
const sealLength = 16;

/** Signs what leaves the server and is to come back unchanged, with HMAC-SHA256 under the server's secret. */
export class Signer {
  readonly #secret: string;
  readonly #previous: Pick<PreviousSecret, 'value'>;

  /** @param previous A secret whose signatures are accepted as well; nothing is signed with it. */
  constructor(secret: string, previous: Pick<PreviousSecret, 'value'> = { value: undefined }) {
    this.#secret = secret;
    this.#previous = previous;
  }

  /**
   * @param purpose Where the signature is good: one for another purpose is none.
   * @returns The signature in base64url, 43 characters.
   */
  sign(purpose: string, ...fields: (string | number)[]): string {
    return this.#seal([purpose, ...fields]).toString('base64url');
  }

  /** Whether a signature is the one for this purpose and these fields, in constant time. */
  verify(signature: string, purpose: string, ...fields: (string | number)[]): boolean {
    const given = Buffer.from(signature);
    if (isEqual(given, Buffer.from(this.sign(purpose, ...fields)))) return true;
    const { value: previous } = this.#previous;
    if (previous === undefined) return false;
    return isEqual(given, Buffer.from(this.#seal([purpose, ...fields], previous).toString('base64url')));
  }

  /**
   * A cursor: a place in a list, for a client to come back to. It is not secret, but nobody else can make one.
   *
   * @param scope Which list, of which account, with which filters.
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
   * @returns The position, of the type that it was sealed with.
   * @throws Failure `invalid` where the cursor is not one that was sealed for this scope
   */
  openCursor(scope: string, cursor: string): number | string {
    const position = positionIn(Buffer.from(cursor, 'base64url'));
    // Sealed anew and compared as text: of the spellings that decode alike only one is ours.
    const isOurs = (secret: string | undefined) =>
      position !== undefined &&
      secret !== undefined &&
      isEqual(Buffer.from(cursor), Buffer.from(this.#cursor(scope, position, secret)));
    if (position === undefined || !(isOurs(this.#secret) || isOurs(this.#previous.value)))
      throw invalid('cursor', 'is not one that this server gave for this list');
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

/** The length is no secret. */
function isEqual(given: Buffer, right: Buffer): boolean {
  return given.length === right.length && timingSafeEqual(given, right);
}
