import type { Plans } from '../accounts/plans.ts';
import { requireMediaType } from '../coding/media-type.ts';
import { decideExpiry } from '../expiry.ts';
import { invalid } from '../failure.ts';
import { newHashId, newTimedId } from '../ids.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { Plan } from '../ports/accounts/plan-store.ts';
import type { ObjectDescription } from '../ports/buckets/object-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoredUpload } from '../ports/files/upload-store.ts';
import { requireStorable } from '../storable-text.ts';
import { requireFileName } from './file-name.ts';
import { requireMetadata } from './metadata.ts';
import { requireWithinPlan } from './quotas.ts';
import { minPartSize, type PartTarget, type Reservations, type UploadTarget } from './reservations.ts';

type UploadSettings = {
  /** How long an upload can be received and confirmed (ms). */
  presignTtl: number;
  /** The maximum size of a file (bytes). */
  maxObjectSize: number;
};

/** A file that a client announces. */
export type FileRequest = {
  name: string;
  mediaType: string;
  /** Bytes. */
  size: number;
  /** The beginning of the file's key. A random id and the name follow. */
  keyPrefix: '' | 'uploads/';
  isPublic: boolean;
  prefix?: string | null;
  metadata?: Record<string, unknown> | null;
  tags?: string[] | null;
  /** In ISO 8601. If omitted, the file expires with its account. */
  expiryTime?: string | null;
  /** The file route that admitted the file. */
  route?: string;
};

type UploadsDeps = {
  settings: UploadSettings;
  plans: Plans;
  reservations: Reservations;
  clock: Clock;
};

/** Uploads of files, before they are confirmed. */
export class Uploads {
  readonly #deps: UploadsDeps;

  constructor(deps: UploadsDeps) {
    this.#deps = deps;
  }

  /**
   * Reserves room for a file for `presignTtl`, and returns where the client sends its bytes.
   *
   * @throws Failure `invalid`, `too_large`, `type_refused`, `bytes_exceeded`, `objects_exceeded`, `no_room`,
   *   `store_away`
   */
  async reserve(
    account: StoredAccount,
    request: FileRequest,
  ): Promise<{ upload: StoredUpload; target: UploadTarget }> {
    const { upload, plan } = await this.#draft(account, request, this.#deps.reservations.newDirectKey());
    await this.#deps.reservations.enter(upload, plan);
    return { upload, target: await this.#deps.reservations.target(upload, null) };
  }

  /** Reserves room for an upload in parts of 5 MiB. @throws as `reserve` */
  async reserveInParts(
    account: StoredAccount,
    request: FileRequest,
  ): Promise<{ upload: StoredUpload; parts: PartTarget[] }> {
    const { upload, plan } = await this.#draft(account, request, this.#deps.reservations.newDirectKey());
    const inParts = { ...upload, partSize: minPartSize };
    const started = await this.#deps.reservations.enterInParts(inParts, plan);
    return { upload: started, parts: await this.#deps.reservations.partTargets(started) };
  }

  /** Reserves room for a file whose bytes this server fetches. @throws as `reserve` */
  async reserveHere(account: StoredAccount, request: FileRequest): Promise<StoredUpload> {
    const { upload, plan } = await this.#draft(account, request, null);
    await this.#deps.reservations.enterWithoutRoom(upload, plan);
    return upload;
  }

  /**
   * An account's upload that can still be confirmed.
   *
   * @throws Failure `upload_not_found` if it is unknown, expired or confirmed, or belongs to another account
   */
  find(account: StoredAccount, id: string): Promise<StoredUpload> {
    // The account also has uploads of payloads and of objects of buckets.
    return this.#deps.reservations.find(
      id,
      ({ accountId, bucketId }) => accountId === account.id && bucketId === account.filesBucketId,
    );
  }

  /** Aborts an upload and frees its bytes. @throws Failure `upload_not_found` */
  async abort(account: StoredAccount, id: string): Promise<void> {
    await this.#deps.reservations.abort(await this.find(account, id));
  }

  /** Checks the request, except the size, and describes the file. @throws Failure `invalid` */
  #describe(account: StoredAccount, request: Omit<FileRequest, 'size'>): Described {
    const { mediaType, keyPrefix, isPublic, prefix = null, metadata = null, tags = null } = request;
    const name = requireFileName(request.name);
    const publicId = newHashId();
    return {
      description: {
        bucketId: account.filesBucketId,
        accountId: account.id,
        key: `${keyPrefix}${publicId}/${name}`,
        publicId,
        name,
        mediaType: requireMediaType(mediaType),
        contentEncoding: null,
        isPublic,
        prefix: prefix === null ? null : requirePrefix(prefix),
        metadata: requireMetadata(metadata),
        tags: tags === null ? null : requireTags(tags),
      },
      objectExpiresAt: this.#expiryOf(account, request.expiryTime ?? undefined),
    };
  }

  async #draft(
    account: StoredAccount,
    request: FileRequest,
    directKey: string | null,
  ): Promise<{ upload: StoredUpload; plan: Plan }> {
    const { size, route = null } = request;
    if (!Number.isSafeInteger(size) || size < 0) throw invalid('size', 'must be a whole number of bytes');
    const { description, objectExpiresAt } = this.#describe(account, request);
    const plan = await this.#deps.plans.find(account.plan);
    requireWithinPlan(account, plan, this.#deps.settings.maxObjectSize, { ...description, size });
    const now = this.#deps.clock();
    const expiries = [now + this.#deps.settings.presignTtl, account.expiresAt, objectExpiresAt];
    const upload: StoredUpload = {
      ...description,
      id: newTimedId(now),
      declaredSize: size,
      objectExpiresAt,
      objectTtl: null,
      route,
      createdAt: now,
      expiresAt: Math.min(...expiries.filter((expiry) => expiry !== null)),
      directKey,
      directUploadId: null,
      partSize: null,
      isReceived: false,
      isText: false,
    };
    return { upload, plan };
  }

  /** A file expires no later than its account. */
  #expiryOf(account: StoredAccount, expiryTime: string | undefined): number | null {
    if (expiryTime === undefined) return null;
    const now = this.#deps.clock();
    const maxTtl = account.expiresAt === null ? maxTtlWithoutAccountExpiry : account.expiresAt - now;
    return decideExpiry({ expiryTime }, now, { defaultTtl: maxTtl, maxTtl });
  }
}

/** Checks a file prefix, which groups files in lists. @throws Failure `invalid` */
function requirePrefix(prefix: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the check refuses control characters
  if (prefix.length > 255 || /[\x00-\x1f\x7f]/.test(prefix) || !prefix.isWellFormed())
    throw invalid('prefix', 'must be at most 255 characters, without control characters');
  return prefix;
}

/** @throws Failure `invalid` */
function requireTags(tags: string[]): string[] {
  for (const tag of tags) requireStorable('tags', tag);
  return tags;
}

/** The new file. `objectExpiresAt` is null if it expires with its account. */
type Described = { description: ObjectDescription; objectExpiresAt: number | null };

/** The maximum TTL of a file whose account never expires (ms). It only keeps dates within four-digit years. */
const maxTtlWithoutAccountExpiry = 100 * 365 * 86_400_000;
