import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { ContentFingerprint } from './content/content-fingerprint.ts';
import { Failure, invalid } from './failure.ts';
import { newHashId } from './ids.ts';
import { OutcomeUnknown } from './outcome-unknown.ts';
import type { Clock, Timers } from './ports/clock.ts';
import type { Answer, IdempotencyStore, Seal } from './ports/idempotency-store.ts';

const retention = 24 * 3_600_000;
/** A crash must not hold a key for longer than this (ms). */
const leaseTime = 60_000;

/** An Idempotency-Key as an API received it. */
export type IdempotentRequest = {
  /** Whose key it is: the account, or the client's address. */
  scope: string;
  key: string;
  /** Everything that makes this request this one: method, path, query, content type, body or its length. */
  identity: string | Uint8Array;
  /** Of a body that streams: its content, which is not known before the body has ended. */
  content?: ContentFingerprint;
};

export type Outcome<T> = { result: T; replayed: boolean };

/**
 * Does a write at most once per Idempotency-Key: the first answer is kept for 24 hours and replayed. Only a
 * hash of the key is kept, and the answer is encrypted under a key derived from it, so that no secret in an
 * answer lies in clear.
 */
export class Idempotency {
  readonly #store: IdempotencyStore;
  readonly #clock: Clock;
  readonly #timers: Timers;

  constructor(store: IdempotencyStore, clock: Clock, timers: Timers) {
    this.#store = store;
    this.#clock = clock;
    this.#timers = timers;
  }

  /**
   * @param work Does the write and keeps the sealed result with it. Must throw where it wrote nothing.
   * @param readToEnd Reads a streamed body without storing it: a repeat has to prove that it has the same content.
   * @throws Failure `idempotency_conflict`, `idempotency_in_progress`, `invalid` for a key that is not one
   */
  async once<T>(
    request: IdempotentRequest | undefined,
    work: (seal?: Seal<T>) => Promise<T>,
    readToEnd?: () => Promise<unknown>,
  ): Promise<Outcome<T>> {
    if (request === undefined) return { result: await work(), replayed: false };
    if (!/^[\x20-\x7e]{1,255}$/.test(request.key))
      throw invalid('Idempotency-Key', 'must be 1 to 255 printable characters');

    const now = this.#clock();
    const id = digest(request.scope, request.key);
    const fingerprint = digest(request.identity);
    const holder = newHashId();
    const record = { id, fingerprint, holder, expiresAt: now + retention, answer: null };
    const standing = await this.#store.claim(record, now, leaseTime);
    if (standing.fingerprint !== fingerprint) throw conflict();
    if (standing.answer !== null) {
      if (request.content !== undefined) {
        await readToEnd?.();
        // Records of older versions have no fingerprint of their content: it cannot be shown to be the same.
        if (standing.contentFingerprint !== request.content.digest()) throw conflict();
      }
      return { result: open<T>(standing.answer, request.key), replayed: true };
    }
    if (standing.holder !== holder)
      throw new Failure('idempotency_in_progress', 'The first request with this Idempotency-Key still runs', {
        retryAfterSeconds: 1,
      });
    const stopRenewing = this.#timers.every(leaseTime / 3, () => {
      this.#store.renew(id, holder, this.#clock(), leaseTime).catch(() => undefined);
    });
    try {
      const result = await work((sealed) => ({
        id,
        holder,
        contentFingerprint: request.content?.digest(),
        sealed: seal(sealed, request.key),
      }));
      return { result, replayed: false };
    } catch (error) {
      if (error instanceof OutcomeUnknown) {
        // The answer was kept in the transaction of the write, if that took effect.
        const { answer } = await this.#store.claim(record, this.#clock(), leaseTime);
        if (answer !== null) return { result: open<T>(answer, request.key), replayed: false };
      }
      await this.#store.release(id, holder).catch(() => undefined);
      throw error;
    } finally {
      stopRenewing();
    }
  }

  /** Keeps the answer to a request that wrote nothing else. */
  keep(answer: Answer): Promise<void> {
    return this.#store.answer(answer);
  }
}

function conflict(): Failure {
  return new Failure('idempotency_conflict', 'This Idempotency-Key was used for another request');
}

function digest(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}

/** AES-256-GCM under HKDF-SHA-256 of the key: 12 bytes of nonce, 16 of tag, then the ciphertext. */
function seal(result: unknown, key: string): Uint8Array {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', encryptionKey(key), nonce);
  const body = Buffer.concat([cipher.update(JSON.stringify(result)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

function open<T>(sealed: Uint8Array, key: string): T {
  const decipher = createDecipheriv('aes-256-gcm', encryptionKey(key), sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(12, 28));
  return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString()) as T;
}

function encryptionKey(key: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', 'mayfly idempotent answer', 32));
}
