import { isAnonymous } from '../accounts/anonymous.ts';
import type { Plans } from '../accounts/plans.ts';
import { requireMediaType } from '../coding/media-type.ts';
import type { IncomingBytes } from '../content/counted-bytes.ts';
import type { Publish } from '../content/journaled-write.ts';
import type { Placement } from '../content/placement.ts';
import { decideExpiry, type ExpiryLimits, type ExpiryRequest, isExpired } from '../expiry.ts';
import { Failure, invalid, payloadNotFound, tooLarge } from '../failure.ts';
import { maxBytes, noQuota, requireWithinQuota } from '../files/quotas.ts';
import { sealOf } from '../idempotency.ts';
import { hashSecret, isHashId, matchesSecret, newHashId, newToken } from '../ids.ts';
import { repeatIfUnknown } from '../outcome-unknown.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { Plan } from '../ports/accounts/plan-store.ts';
import type { Clock } from '../ports/clock.ts';
import { BlobMissing, type ByteRange } from '../ports/content/blob-store.ts';
import type { PlacedContent } from '../ports/content/content.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import { andThen, type MaybePromise } from '../ports/maybe-promise.ts';
import type { PayloadStore, StoredPayload } from '../ports/payload-store.ts';
import { newPayloadId } from './payload-id.ts';

export type PayloadLimits = ExpiryLimits & {
  /** The maximum size of a payload that is created or read as JSON (bytes). */
  maxPayloadSize: number;
  /** The maximum size of a streamed payload (bytes). */
  maxAnonymousSize: number;
};

export type NewPayload = ExpiryRequest & {
  mediaType: string;
  maxReads?: number;
  /** Whether deleting requires a token. Without one, anyone who knows the id may delete the payload. */
  withDeleteToken?: boolean;
  name?: string;
};

export type CreatedPayload = { id: string; expiresAt: number; deleteToken: string | null };

/** A payload with its bytes. Its `readsLeft` excludes this read. */
export type OpenedPayload = {
  payload: StoredPayload;
  bytes: string | Uint8Array | ReadableStream<Uint8Array>;
};

type PayloadsDeps = {
  limits: PayloadLimits;
  store: PayloadStore;
  placement: Placement;
  plans: Plans;
  clock: Clock;
};

/** Payloads. They never change, and are gone after their expiry, a delete or their last counted read. */
export class Payloads {
  readonly limits: PayloadLimits;
  readonly #deps: PayloadsDeps;

  constructor(deps: PayloadsDeps) {
    this.limits = deps.limits;
    this.#deps = deps;
  }

  /**
   * Stores content that is in memory, of at most `maxPayloadSize` bytes.
   *
   * @param owner The account that owns the payload and whose plan limits it; null without a key.
   * @throws Failure `invalid`, `too_large`, `bytes_exceeded`, `objects_exceeded`, `no_room`, `store_away`
   */
  async create(
    request: NewPayload,
    data: string | Uint8Array,
    owner: StoredAccount | null = null,
    seal?: Seal<CreatedPayload>,
  ): Promise<CreatedPayload> {
    const draft = this.#draft(request, owner);
    const plan = owner === null ? undefined : await this.#deps.plans.find(owner.plan);
    const size = typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    const limit = largest(this.limits.maxPayloadSize, plan);
    if (size > limit) throw tooLarge('content', limit);
    const room = isAnonymous(owner) ? this.#deps.placement.anonymousRoom : undefined;
    return this.#deps.placement.storeWhole(data, size, this.#publish(draft, seal, plan), room);
  }

  /** Stores streamed content of at most `maxAnonymousSize` bytes. @throws Failure as `create` */
  async createFromStream(
    request: NewPayload,
    incoming: Omit<IncomingBytes, 'limit'>,
    owner: StoredAccount | null = null,
    seal?: Seal<CreatedPayload>,
  ): Promise<CreatedPayload> {
    // Check what is possible before the body arrives. The times are computed again after it has.
    const draft = this.#draft(request, owner);
    const plan = owner === null ? undefined : await this.#deps.plans.find(owner.plan);
    const limit = largest(this.limits.maxAnonymousSize, plan);
    const room = isAnonymous(owner) ? this.#deps.placement.anonymousRoom : undefined;
    return this.#deps.placement.storeStream({ ...incoming, limit, room }, async (placed) =>
      this.#publish({ ...draft, ...this.#times(request, owner) }, seal, plan)(placed),
    );
  }

  /**
   * Finds a payload without counting a read.
   *
   * @throws Failure `not_found`
   */
  describe(id: string): MaybePromise<StoredPayload> {
    return andThen(isHashId(id) ? this.#deps.store.find(id) : undefined, this.#requireLive);
  }

  /** One function for all calls: a new one for each takes time. */
  readonly #requireLive = (payload: StoredPayload | undefined): StoredPayload => {
    if (payload === undefined || isExpired(payload.expiresAt, this.#deps.clock())) throw payloadNotFound();
    return payload;
  };

  /**
   * Opens the bytes of a payload, and then takes a counted read. An unavailable blob store uses up no read. Of two
   * readers of the last read, one gets `not_found`.
   *
   * @throws Failure `not_found`, `store_away`
   */
  async open(payload: StoredPayload, range?: ByteRange): Promise<OpenedPayload> {
    const { content } = payload;
    // Inline content needs no copy, the common case.
    const bytes =
      content.kind === 'inline' && range === undefined
        ? content.data
        : await this.#openPlaced(payload, range);
    if (payload.readsLeft === null) return { payload, bytes };
    const token = newHashId();
    try {
      // No byte is served until the read is confirmed as taken.
      const readsLeft = await repeatIfUnknown(() =>
        this.#deps.store.takeRead(payload.id, this.#deps.clock(), token),
      );
      if (readsLeft === undefined) throw payloadNotFound();
      return { payload: { ...payload, readsLeft }, bytes };
    } catch (error) {
      if (bytes instanceof ReadableStream) await bytes.cancel();
      throw error;
    }
  }

  /**
   * Removes a payload.
   *
   * @throws Failure `not_found`, `forbidden` for a missing or wrong delete token
   */
  async remove(id: string, deleteToken: string | undefined, seal?: Seal<null>): Promise<void> {
    const { deleteTokenHash } = await this.describe(id);
    if (
      deleteTokenHash !== null &&
      !(deleteToken !== undefined && matchesSecret(deleteToken, deleteTokenHash))
    )
      throw new Failure('forbidden', 'Deleting this payload needs its delete token in X-Delete-Token');
    if (!(await this.#deps.store.remove(id, this.#deps.clock(), seal))) throw payloadNotFound();
  }

  async #openPlaced(payload: StoredPayload, range: ByteRange | undefined) {
    try {
      return await this.#deps.placement.open(payload, range);
    } catch (error) {
      // The payload was removed after its row was read.
      if (error instanceof BlobMissing) throw payloadNotFound();
      throw error;
    }
  }

  #draft(request: NewPayload, owner: StoredAccount | null): Draft {
    const readsLeft = requireMaxReads(request.maxReads);
    const deleteToken = request.withDeleteToken ? newToken() : null;
    return {
      mediaType: requireMediaType(request.mediaType),
      ...this.#times(request, owner),
      readsLeft,
      deleteToken,
      name: request.name ?? null,
      accountId: owner?.id ?? null,
    };
  }

  /** @throws Failure `invalid` for an expiry that is not in the future */
  #times(request: NewPayload, owner: StoredAccount | null): Pick<Draft, 'createdAt' | 'expiresAt'> {
    const now = this.#deps.clock();
    return { createdAt: now, expiresAt: endWithin(owner, decideExpiry(request, now, this.limits)) };
  }

  #publish(
    draft: Draft,
    seal: Seal<CreatedPayload> | undefined,
    plan: Plan | undefined,
  ): Publish<CreatedPayload> {
    return (placed: PlacedContent) => {
      const { deleteToken, ...row } = draft;
      const id = newPayloadId(draft);
      const created = { id, expiresAt: draft.expiresAt, deleteToken };
      const deleteTokenHash = deleteToken === null ? null : hashSecret(deleteToken);
      const payload = { ...row, ...placed, id, deleteTokenHash };
      const sealCreated = sealOf(seal, created);
      return repeatIfUnknown(async (isRepeat) => {
        const outcome = requireWithinQuota(
          await this.#deps.store.insert(payload, sealCreated, plan),
          plan ?? noQuota,
        );
        if (outcome === 'lease_lost') return outcome;
        if (outcome === 'exists' && !isRepeat) throw new Error('the id of a new payload is in use');
        return created;
      });
    };
  }
}

/** Checks the number of counted reads; null for unlimited reads. @throws Failure `invalid` */
export function requireMaxReads(maxReads: number | undefined): number | null {
  if (maxReads !== undefined && !(Number.isSafeInteger(maxReads) && maxReads >= 1))
    throw invalid('maxReads', 'must be a whole number of 1 or more');
  return maxReads ?? null;
}

/** The maximum size of one payload: the lower of the limits of the server and the owner's plan (bytes). */
export function largest(limit: number, plan: Plan | undefined): number {
  return plan === undefined ? limit : maxBytes(plan, limit);
}

/** Limits an expiry to that of the owner: content never outlives its account (ms since the epoch). */
export function endWithin(owner: StoredAccount | null, expiresAt: number): number {
  return Math.min(expiresAt, owner?.expiresAt ?? expiresAt);
}

/** A payload whose content is not placed yet. */
type Draft = Omit<StoredPayload, 'id' | keyof PlacedContent | 'deleteTokenHash'> & {
  deleteToken: string | null;
};
