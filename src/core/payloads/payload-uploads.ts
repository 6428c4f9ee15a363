import { anonymousAccount, anonymousAccountId, isAnonymous } from '../accounts/anonymous.ts';
import type { Plans } from '../accounts/plans.ts';
import { requireMediaType } from '../coding/media-type.ts';
import { Utf8Check } from '../coding/utf8.ts';
import type { Placement } from '../content/placement.ts';
import { decideExpiry } from '../expiry.ts';
import { invalid, tooLarge, uploadNotFound } from '../failure.ts';
import { requireFileName } from '../files/file-name.ts';
import { noQuota } from '../files/quotas.ts';
import { minPartSize, type PartTarget, type Reservations } from '../files/reservations.ts';
import {
  completeInStore,
  type NamedPart,
  partReplaced,
  partsOf,
  readUploaded,
  requireAllParts,
  requireUploaded,
} from '../files/uploaded-parts.ts';
import { sealOf } from '../idempotency.ts';
import { hashSecret, newSecretTimedId, newToken } from '../ids.ts';
import { repeatIfUnknown } from '../outcome-unknown.ts';
import type { AccountStore, StoredAccount } from '../ports/accounts/account-store.ts';
import type { Plan } from '../ports/accounts/plan-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { DirectUploads } from '../ports/files/direct-uploads.ts';
import type { StoredUpload, UploadedPart, UploadStore } from '../ports/files/upload-store.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { PayloadStore, UploadedPayload } from '../ports/payload-store.ts';
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
  /** The TTL of an upload (ms). */
  presignTtl: number;
};

/** A payload that is uploaded in parts. Its TTL counts from the completion. */
export type PayloadUploadRequest = Omit<NewPayload, 'withDeleteToken'> & {
  /** Bytes. */
  size: number;
};

type PayloadUploadStores = {
  payloads: PayloadStore;
  accounts: AccountStore;
  uploads: UploadStore;
  direct: DirectUploads | undefined;
  plans: Plans;
};

/** The maximum number of parts. A larger payload has larger parts. */
export const maxPayloadParts = 1000;
const mebibyte = 1024 ** 2;

type PayloadUploadsDeps = {
  settings: PayloadUploadSettings;
  stores: PayloadUploadStores;
  reservations: Reservations;
  placement: Placement;
  clock: Clock;
};

/** Uploads of payloads in parts. The id of an upload is its only credential. */
export class PayloadUploads {
  readonly #deps: PayloadUploadsDeps;

  constructor(deps: PayloadUploadsDeps) {
    this.#deps = deps;
  }

  /**
   * Begins an upload of at most `maxAnonymousSize` bytes.
   *
   * @param owner The account that owns the payload and whose plan limits it; null for anonymous callers without a key.
   * @throws Failure `invalid`, `too_large`, `bytes_exceeded`, `objects_exceeded`, `no_room`, `store_away`
   */
  async begin(
    request: PayloadUploadRequest,
    owner: StoredAccount | null = null,
    seal?: Seal<StoredUpload>,
  ): Promise<StoredUpload> {
    const plan = owner === null ? undefined : await this.#deps.stores.plans.find(owner.plan);
    const upload = this.#draft(request, owner, plan);
    await this.#requireAccount();
    return this.#deps.reservations.enterInParts(upload, plan ?? noQuota, seal);
  }

  /** Where the client sends the parts of an upload. */
  partTargets(upload: StoredUpload): Promise<PartTarget[]> {
    return this.#deps.reservations.partTargets(upload);
  }

  /**
   * Completes an upload that has received all its parts. An upload can be completed once.
   *
   * @param named All parts, in any order, with the ETags of the responses.
   * @throws Failure `upload_not_found`, `not_uploaded`, `invalid` if the list does not match the received parts,
   *   `no_room`, `store_away`
   */
  async complete(id: string, named: NamedPart[], seal?: Seal<CreatedPayload>): Promise<CreatedPayload> {
    const upload = await this.#find(id);
    const inOrder = named.toSorted((one, other) => one.number - other.number);
    requireAllParts(upload, inOrder);
    return upload.directKey === null
      ? this.#completeHere(upload, inOrder, seal)
      : this.#completeDirect(upload, upload.directKey, inOrder, seal);
  }

  /** Aborts an upload and removes its parts. @throws Failure `upload_not_found` */
  async abort(id: string, seal?: Seal<null>): Promise<void> {
    await this.#deps.reservations.abort(await this.#find(id), seal);
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
    const hasFixedExpiry = request.expiryTime !== undefined;
    const latest = hasFixedExpiry ? expiresAt : (owner?.expiresAt ?? Number.POSITIVE_INFINITY);
    return {
      id,
      // This bucket distinguishes uploads of payloads from those of files, also if an account owns them.
      bucketId: anonymousAccountId,
      accountId: owner?.id ?? anonymousAccountId,
      key: id,
      publicId: null,
      name: name === undefined ? null : requireFileName(name),
      mediaType: requireMediaType(mediaType),
      contentEncoding: null,
      isPublic: false,
      prefix: null,
      // A payload has no metadata. The column holds a setting that only payloads have.
      metadata: { maxReads: requireMaxReads(maxReads) },
      tags: null,
      declaredSize: size,
      objectExpiresAt: hasFixedExpiry ? expiresAt : null,
      objectTtl: hasFixedExpiry ? null : expiresAt - now,
      route: null,
      createdAt: now,
      expiresAt: Math.min(now + presignTtl, latest),
      // A direct upload takes its room before any byte arrives. No quota limits what anonymous callers declare, so
      // their bytes go through this server.
      directKey: isAnonymous(owner) ? null : this.#deps.reservations.newDirectKey(),
      directUploadId: null,
      partSize: partSizeFor(size),
      isReceived: false,
      isText: false,
    };
  }

  /** Creates the account of anonymous payloads when an upload first needs it. Several processes may try at once. */
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
    const parts = requireUploaded(upload, named, await partsOf(this.#deps.stores.uploads, upload));
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
    const { uploads, payloads } = this.#deps.stores;
    await readUploaded(uploads, upload, () => this.#deps.placement.requireUnblocked(content));
    const isText = await readUploaded(uploads, upload, () => this.#isText(upload, content));
    const createdAt = this.#deps.clock();
    const deleteToken = newToken();
    const owner = (await this.#deps.stores.accounts.find(upload.accountId)) ?? null;
    const ttl = objectTtl ?? this.#deps.settings.defaultTtl;
    const expiresAt = endWithin(owner, objectExpiresAt ?? createdAt + ttl);
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
    const outcome = await repeatIfUnknown(async (isRepeat) => {
      const answer = await uploads.completePayload(upload.id, row, parts, sealOf(seal, created));
      if (answer !== 'upload_gone' || !isRepeat) return answer;
      // The first call may have completed the upload.
      return (await payloads.find(row.id)) === undefined ? 'upload_gone' : 'completed';
    });
    if (outcome === 'completed') return created;
    throw outcome === 'parts_changed' ? partReplaced() : uploadNotFound();
  }

  /**
   * Reads the whole content, since parts may have gone directly to the blob store. Skips content over `maxPayloadSize`
   * that is not `text/*`.
   */
  async #isText(
    { declaredSize, mediaType }: StoredUpload,
    content: UploadedPayload['content'],
  ): Promise<boolean> {
    if (declaredSize > this.#deps.settings.maxPayloadSize && !/^text\//i.test(mediaType)) return false;
    const utf8 = new Utf8Check();
    const bytes = await this.#deps.placement.open({ content, size: declaredSize });
    for await (const chunk of bytes as unknown as AsyncIterable<Uint8Array>) {
      utf8.push(chunk);
      if (!utf8.isValidSoFar) break;
    }
    return utf8.isValid;
  }
}

/** A whole number of MiB that keeps the number of parts within `maxPayloadParts`. */
function partSizeFor(size: number): number {
  return Math.max(minPartSize, Math.ceil(size / maxPayloadParts / mebibyte) * mebibyte);
}
