import { anonymousAccount, anonymousAccountId, isAnonymous } from '../accounts/anonymous.ts';
import type { Plans } from '../accounts/plans.ts';
import { requireMediaType } from '../coding/media-type.ts';
import { Utf8Check } from '../coding/utf8.ts';
import type { Placement } from '../content/placement.ts';
import { decideExpiry } from '../expiry.ts';
import { type Failure, invalid, tooLarge } from '../failure.ts';
import { requireFileName } from '../files/file-name.ts';
import { noQuota } from '../files/quotas.ts';
import { minPartSize, type PartTarget, type Reservations, uploadNotFound } from '../files/reservations.ts';
import {
  completeInStore,
  type NamedPart,
  requireAllParts,
  requireUploaded,
} from '../files/uploaded-parts.ts';
import type { Idempotency, IdempotentRequest, Outcome } from '../idempotency.ts';
import { hashSecret, newSecretTimedId, newToken } from '../ids.ts';
import type { AccountStore, StoredAccount } from '../ports/account-store.ts';
import { BlobMissing } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { DirectUploads } from '../ports/direct-uploads.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { UploadedPayload } from '../ports/payload-store.ts';
import type { Plan } from '../ports/plan-store.ts';
import type { StoredUpload, UploadedPart, UploadStore } from '../ports/upload-store.ts';
import { newPayloadId } from './payload-id.ts';
import {
  type CreatedPayload,
  endWithin,
  largest,
  type NewPayload,
  type PayloadLimits,
  requireMaxReads,
} from './payloads.ts';

type PayloadUploadSettings = PayloadLimits & {
  /** How long an upload may take (ms). */
  presignTtl: number;
};

/** A payload that is to come in parts. Its time to live counts from its completion. */
export type PayloadUploadRequest = Omit<NewPayload, 'withDeleteToken'> & {
  /** Bytes. */
  size: number;
};

type PayloadUploadStores = {
  accounts: AccountStore;
  uploads: UploadStore;
  direct: DirectUploads | undefined;
  plans: Plans;
};

/** The most parts that a payload comes in: a larger one has larger parts. */
export const maxPayloadParts = 1000;
const mebibyte = 1024 ** 2;

type PayloadUploadsDeps = {
  settings: PayloadUploadSettings;
  stores: PayloadUploadStores;
  reservations: Reservations;
  placement: Placement;
  idempotency: Idempotency;
  clock: Clock;
};

/** Payloads that come in parts, of whoever knows the id of the upload. */
export class PayloadUploads {
  readonly #deps: PayloadUploadsDeps;

  constructor(deps: PayloadUploadsDeps) {
    this.#deps = deps;
  }

  /**
   * Begins an upload of at most `maxAnonymousSize` bytes, and returns where its parts go. Where nobody owns it, a repeat
   * begins one of its own: who sends the same request from the same address need not be the same client, and could
   * replace the parts of the first.
   *
   * @param owner The account that the payload belongs to and whose plan bounds it; null for a stranger's.
   * @throws Failure `invalid`, `too_large`, `bytes_exceeded`, `objects_exceeded`, `no_room`, `store_away`,
   *   `idempotency_…`
   */
  async begin(
    request: PayloadUploadRequest,
    once?: IdempotentRequest,
    owner: StoredAccount | null = null,
  ): Promise<Outcome<StoredUpload> & { parts: PartTarget[] }> {
    const enter = async (seal?: Seal<StoredUpload>) => {
      const plan = owner === null ? undefined : await this.#deps.stores.plans.find(owner.plan);
      const upload = this.#draft(request, owner, plan);
      await this.#requireAccount();
      return this.#deps.reservations.enterInParts(upload, plan ?? noQuota, seal);
    };
    const first = await this.#deps.idempotency.once(once, enter);
    const outcome = first.replayed && owner === null ? { result: await enter(), replayed: false } : first;
    return { ...outcome, parts: await this.#deps.reservations.partTargets(outcome.result) };
  }

  /**
   * Makes the payload of an upload whose parts have all come. Works once.
   *
   * @param named All parts, in any order, with the ETags that they were answered with.
   * @throws Failure `upload_not_found`, `not_uploaded`, `invalid` for parts that are not those that came,
   *   `no_room`, `store_away`, `idempotency_…`
   */
  complete(id: string, named: NamedPart[], once?: IdempotentRequest): Promise<Outcome<CreatedPayload>> {
    return this.#deps.idempotency.once<CreatedPayload>(once, async (seal) => {
      const upload = await this.#find(id);
      const inOrder = named.toSorted((one, other) => one.number - other.number);
      requireAllParts(upload, inOrder);
      return upload.directKey === null
        ? this.#completeHere(upload, inOrder, seal)
        : this.#completeDirect(upload, upload.directKey, inOrder, seal);
    });
  }

  /** Gives an upload up, with what came of it. @throws Failure `upload_not_found`, `idempotency_…` */
  abort(id: string, once?: IdempotentRequest): Promise<Outcome<null>> {
    return this.#deps.idempotency.once<null>(once, async (seal) =>
      this.#deps.reservations.abort(await this.#find(id), seal),
    );
  }

  #find(id: string): Promise<StoredUpload> {
    return this.#deps.reservations.find(id, ({ bucketId }) => bucketId === anonymousAccountId);
  }

  #draft(request: PayloadUploadRequest, owner: StoredAccount | null, plan: Plan | undefined): StoredUpload {
    const { size, mediaType, name, maxReads } = request;
    const { presignTtl } = this.#deps.settings;
    const limit = largest(this.#deps.settings.maxAnonymousSize, plan);
    if (!Number.isSafeInteger(size) || size < 1)
      throw invalid('size', 'must be a whole number of bytes above 0');
    if (size > limit) throw tooLarge('Content', limit);
    const now = this.#deps.clock();
    const id = newSecretTimedId(now);
    const expiresAt = endWithin(owner, decideExpiry(request, now, this.#deps.settings));
    const endsByItself = request.expiryTime !== undefined;
    return {
      id,
      // This bucket distinguishes uploads of payloads from those of files, whatever their account.
      bucketId: anonymousAccountId,
      accountId: owner?.id ?? anonymousAccountId,
      key: id,
      publicId: null,
      name: name === undefined ? null : requireFileName(name),
      mediaType: requireMediaType(mediaType),
      contentEncoding: null,
      isPublic: false,
      prefix: null,
      // A payload has none: there is room for what only a payload has.
      metadata: { maxReads: requireMaxReads(maxReads) },
      tags: null,
      declaredSize: size,
      objectExpiresAt: endsByItself ? expiresAt : null,
      objectTtl: endsByItself ? null : expiresAt - now,
      route: null,
      createdAt: now,
      expiresAt: Math.min(now + presignTtl, endsByItself ? expiresAt : Number.POSITIVE_INFINITY),
      // What goes straight to the blob store has its room before it comes: no quota bounds what strangers declare.
      directKey: isAnonymous(owner) ? null : this.#deps.reservations.newDirectKey(),
      directUploadId: null,
      partSize: partSizeFor(size),
      isReceived: false,
      isText: false,
    };
  }

  /** It is made when it is first needed, by whichever process needs it first. */
  async #requireAccount(): Promise<void> {
    const { accounts } = this.#deps.stores;
    if ((await accounts.find(anonymousAccountId)) === undefined)
      await accounts.insert(anonymousAccount(this.#deps.clock()));
  }

  async #completeHere(
    upload: StoredUpload,
    named: NamedPart[],
    seal: Seal<CreatedPayload> | undefined,
  ): Promise<CreatedPayload> {
    const parts = requireUploaded(upload, named, await this.#deps.stores.uploads.parts(upload.id));
    return this.#publish(upload, { kind: 'parts', parts }, parts, seal);
  }

  async #completeDirect(
    upload: StoredUpload,
    key: string,
    named: NamedPart[],
    seal: Seal<CreatedPayload> | undefined,
  ): Promise<CreatedPayload> {
    await completeInStore(this.#deps.stores.direct, upload, key, named);
    return this.#publish(upload, { kind: 'blob', key }, [], seal);
  }

  async #publish(
    upload: StoredUpload,
    content: UploadedPayload['content'],
    parts: UploadedPart[],
    seal: Seal<CreatedPayload> | undefined,
  ): Promise<CreatedPayload> {
    const { mediaType, name, declaredSize, metadata, objectExpiresAt, objectTtl } = upload;
    await this.#requireUnblocked(content);
    const isText = await this.#isText(upload, content);
    const createdAt = this.#deps.clock();
    const deleteToken = newToken();
    const expiresAt = objectExpiresAt ?? createdAt + (objectTtl ?? this.#deps.settings.defaultTtl);
    const created = { id: newPayloadId({ createdAt, expiresAt }), expiresAt, deleteToken };
    const row = {
      id: created.id,
      mediaType,
      content,
      size: declaredSize,
      isText,
      createdAt,
      expiresAt,
      readsLeft: (metadata?.maxReads as number | null | undefined) ?? null,
      deleteTokenHash: hashSecret(deleteToken),
      name,
      accountId: upload.accountId === anonymousAccountId ? null : upload.accountId,
    };
    const outcome = await this.#deps.stores.uploads.completePayload(
      upload.id,
      row,
      parts,
      seal && (() => seal(created)),
    );
    if (outcome === 'completed') return created;
    throw outcome === 'parts_changed' ? replacedMeanwhile() : uploadNotFound();
  }

  async #requireUnblocked(content: UploadedPayload['content']): Promise<void> {
    try {
      await this.#deps.placement.requireUnblocked(content);
    } catch (error) {
      if (error instanceof BlobMissing) throw replacedMeanwhile();
      throw error;
    }
  }

  /** Parts may have gone to the blob store directly: what can be read as JSON or is called text is read as a whole. */
  async #isText(
    { declaredSize, mediaType }: StoredUpload,
    content: UploadedPayload['content'],
  ): Promise<boolean> {
    if (declaredSize > this.#deps.settings.maxPayloadSize && !/^text\//i.test(mediaType)) return false;
    const utf8 = new Utf8Check();
    try {
      const bytes = await this.#deps.placement.open({ content, size: declaredSize });
      for await (const chunk of bytes as unknown as AsyncIterable<Uint8Array>) {
        utf8.push(chunk);
        if (!utf8.isValidSoFar) break;
      }
    } catch (error) {
      if (error instanceof BlobMissing) throw replacedMeanwhile();
      throw error;
    }
    return utf8.isValid;
  }
}

/** Whole MiB, so many that there are not too many parts. */
function partSizeFor(size: number): number {
  return Math.max(minPartSize, Math.ceil(size / maxPayloadParts / mebibyte) * mebibyte);
}

function replacedMeanwhile(): Failure {
  return invalid('parts', 'names one that was replaced meanwhile');
}
