import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { ContentFingerprint } from './content/content-fingerprint.ts';
import { Failure, invalid } from './failure.ts';
import { newHashId } from './ids.ts';
import { OutcomeUnknown, repeatIfUnknown } from './outcome-unknown.ts';
import type { Clock, Timers } from './ports/clock.ts';
import type { Answer, IdempotencyStore, Seal } from './ports/idempotency-store.ts';
import type { Retries } from './retries.ts';
import type { Staleness } from './staleness.ts';

const retention = 24 * 3_600_000;
/** The lease of a running request (ms). After a crash, its key is blocked until the lease ends. */
export const idempotencyLease = 60_000;

/** A request with the header Idempotency-Key. */
export type IdempotentRequest = {
  /** The owner of the key: the account, or the client address. */
  scope: string;
  key: string;
  /** Everything that identifies the request; bytes may be several arrays, hashed as one. */
  identity: string | Uint8Array[];
  /** The content of a streamed body, known only at its end. */
  content?: ContentFingerprint;
  /** Reads a streamed body without storing it, to compare it with that of the first request; missing if it was read. */
  readToEnd?: () => Promise<unknown>;
};

export type Outcome<T> = { result: T; replayed: boolean };

type IdempotencyDeps = {
  store: IdempotencyStore;
  clock: Clock;
  timers: Timers;
  staleness: Staleness;
  retries: Retries;
  /** By when a lease must have ended before another request with its key may run; now if omitted. */
  leasesEndedBy?: (() => number) | undefined;
};

/**
 * Runs a write at most once per idempotency key: the result of the first request is stored for 24 hours and replayed.
 * Only a hash of the key is stored. The result is encrypted with a key derived from the idempotency key, so that no
 * secret in it is stored in clear.
 */
export class Idempotency {
  readonly #deps: IdempotencyDeps;

  constructor(deps: IdempotencyDeps) {
    this.#deps = deps;
  }

  /**
   * @param work Does the write and stores the sealed result with it. Must throw if it wrote nothing. All checks of
   *   stored state are in it, so that a replay succeeds even if the request would now be refused.
   * @param settles Whether the write must take effect on every node before it is answered. `work` waits for that itself;
   *   a stored answer may be so new that it needs to wait too.
   * @throws Failure `idempotency_conflict`, `idempotency_in_progress`, `invalid` for a malformed key
   */
  async once<T>(
    request: IdempotentRequest | undefined,
    work: (seal?: Seal<unknown>) => Promise<T>,
    settles = false,
  ): Promise<Outcome<T>> {
    if (request === undefined) return { result: await work(), replayed: false };
    if (!/^[\x20-\x7e]{1,255}$/.test(request.key))
      throw invalid('Idempotency-Key', 'must be 1 to 255 printable characters');

    const { store, clock, timers, staleness, leasesEndedBy = clock } = this.#deps;
    const now = clock();
    const id = digest(request.scope, request.key);
    const fingerprint = digest(request.identity);
    const holder = newHashId();
    const record = { id, fingerprint, holder, expiresAt: now + retention, answer: null };
    const claim = () => store.claim(record, now, idempotencyLease, leasesEndedBy());
    // A repeated claim finds the record of the first one, with the same holder.
    const current = await repeatIfUnknown(claim, () => this.#release(id, holder));
    if (current.fingerprint !== fingerprint) throw conflict();
    if (current.answer !== null) {
      if (request.content !== undefined) {
        await request.readToEnd?.();
        // Records of older versions have no content fingerprint: equality cannot be proved.
        if (current.contentFingerprint !== request.content.digest()) throw conflict();
      }
      if (settles) await staleness.settle();
      return { result: open<T>(current.answer, request.key), replayed: true };
    }
    if (current.holder !== holder)
      throw new Failure(
        'idempotency_in_progress',
        'The first request with this Idempotency-Key is still running',
        { retryAfterSeconds: 1 },
      );
    const stopRenewing = timers.every(idempotencyLease / 3, () => {
      store.renew(id, holder, clock(), idempotencyLease).catch(() => undefined);
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
        // If the write took effect, its transaction has stored the answer.
        const kept = await store.claim(record, clock(), idempotencyLease).catch(() => undefined);
        if (kept?.answer && kept.holder === holder) {
          if (settles) await staleness.settle();
          return { result: open<T>(kept.answer, request.key), replayed: false };
        }
      }
      await this.#release(id, holder);
      throw error;
    } finally {
      stopRenewing();
    }
  }

  /** Stores the answer to a request that wrote nothing else. */
  keep(answer: Answer): Promise<void> {
    return this.#deps.store.answer(answer);
  }

  /** Frees the key of a failed request, as soon as storage answers. */
  #release(id: string, holder: string): Promise<void> {
    return this.#deps.retries.run(() => this.#deps.store.release(id, holder));
  }
}

/** A seal for a store that does not know the result. */
export function sealOf<T>(seal: Seal<T> | undefined, result: T): Seal<null> | undefined {
  return seal && (() => seal(result));
}

function conflict(): Failure {
  return new Failure('idempotency_conflict', 'This Idempotency-Key was used for another request');
}

/** @param values Chunks count as one value, so that a body is not copied for its hash. */
function digest(...values: (string | Uint8Array[])[]): string {
  const hash = createHash('sha256');
  for (const value of values) {
    const chunks = typeof value === 'string' ? [value] : value;
    hash.update(`${chunks.reduce((length, chunk) => length + chunk.length, 0)}:`);
    for (const chunk of chunks) hash.update(chunk);
  }
  return hash.digest('hex');
}

/** AES-256-GCM with HKDF-SHA-256 of the key: 12 bytes of nonce, 16 bytes of tag, the ciphertext. */
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
