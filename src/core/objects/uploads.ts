import type { Plans } from '../accounts/plans.ts';
import { decideExpiry, isExpired } from '../expiry.ts';
import { Failure, invalid } from '../failure.ts';
import { newHashId, newTimedId } from '../ids.ts';
import { requireMediaType } from '../media-type.ts';
import type { Placement } from '../placement.ts';
import type { StoredAccount } from '../ports/account-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { DirectUploads } from '../ports/direct-uploads.ts';
import type { ObjectDescription } from '../ports/object-store.ts';
import type { StoredUpload, UploadStore } from '../ports/upload-store.ts';
import type { Signer } from '../signing.ts';
import { requireFileName } from './file-name.ts';
import { requireMetadata } from './metadata.ts';
import { requireWithinPlan, requireWithinQuota } from './quotas.ts';

export type UploadSettings = {
  /** How long an upload may be begun and confirmed (ms). */
  presignTtl: number;
  /** How long a PUT straight to the blob store may go on when its URL has expired (ms). */
  longestUpload: number;
  /** The largest object there may be (bytes). */
  maxObjectSize: number;
};

/** What somebody says of a file that they are about to upload. */
export type FileRequest = {
  name: string;
  mediaType: string;
  /** Bytes. */
  size: number;
  /** What its key begins with; random digits and the name follow. */
  keyPrefix: '' | 'uploads/';
  isPublic: boolean;
  prefix?: string | null;
  metadata?: Record<string, unknown> | null;
  tags?: string[] | null;
  /** ISO 8601; without one the file lives as long as its account. */
  expiryTime?: string | null;
  /** The file route that let it in. */
  route?: string;
};

/** Where the bytes go: a URL of the blob store, or this server, which takes them with the signature. */
export type UploadTarget =
  | { kind: 'direct'; url: string }
  | { kind: 'here'; uploadId: string; part: number | null; expiresAt: number; signature: string };

/** A part of an upload, and where its bytes go. */
export type PartTarget = { number: number; target: UploadTarget };

/** Parts are of 5 MiB (wire, "UploadKit"), which is also the least that S3 takes. */
const partSize = 5 * 1024 * 1024;
/** How many addresses are signed before others have their turn. */
const signedAtOnce = 32;

/** Reservations for objects whose bytes come later, and the addresses that take them. */
export class Uploads {
  readonly #settings: UploadSettings;
  readonly #store: UploadStore;
  readonly #plans: Plans;
  readonly #placement: Placement;
  readonly #direct: DirectUploads | undefined;
  readonly #signer: Signer;
  readonly #clock: Clock;
  readonly #timers: Timers;

  constructor(
    settings: UploadSettings,
    store: UploadStore,
    plans: Plans,
    placement: Placement,
    direct: DirectUploads | undefined,
    signer: Signer,
    clock: Clock,
    timers: Timers,
  ) {
    this.#settings = settings;
    this.#store = store;
    this.#plans = plans;
    this.#placement = placement;
    this.#direct = direct;
    this.#signer = signer;
    this.#clock = clock;
    this.#timers = timers;
  }

  /**
   * Reserves room for a file and tells where its bytes go, for `presignTtl` from now.
   *
   * @throws Failure `invalid`, `too_large`, `type_refused`, `bytes_exceeded`, `objects_exceeded`, `no_room`,
   *   `store_away`
   */
  async reserve(
    account: StoredAccount,
    request: FileRequest,
  ): Promise<{ upload: StoredUpload; target: UploadTarget }> {
    const upload = await this.#reserve(account, request, { directKey: this.#direct ? newHashId() : null });
    return { upload, target: await this.#target(upload, null) };
  }

  /** Reserves room for a file that comes in parts of 5 MiB. Failures as for `reserve`. */
  async reserveInParts(
    account: StoredAccount,
    request: FileRequest,
  ): Promise<{ upload: StoredUpload; parts: PartTarget[] }> {
    if (this.#direct === undefined) {
      const upload = await this.#reserve(account, request, { directKey: null, partSize });
      return { upload, parts: await this.#partTargets(upload) };
    }
    const directKey = newHashId();
    const upload = await this.#reserve(account, request, { directKey, partSize });
    try {
      // After the reservation, whose journal record has it aborted should we not come to an end.
      const directUploadId = await this.#direct.startParts(directKey, upload.mediaType);
      await this.#store.setDirectUploadId(upload.id, directUploadId);
      return { upload, parts: await this.#partTargets({ ...upload, directUploadId }) };
    } catch (error) {
      await this.#store.abort(upload.id, this.#clock());
      throw error;
    }
  }

  /** Reserves room for a file whose bytes this server gets by itself. Failures as for `reserve`. */
  reserveHere(account: StoredAccount, request: FileRequest): Promise<StoredUpload> {
    return this.#reserve(account, request, { directKey: null, isAdmittedLater: true });
  }

  /**
   * An account's upload that can still be confirmed.
   *
   * @throws Failure `upload_not_found` for one that is unknown, expired, confirmed, or another account's
   */
  async find(account: StoredAccount, id: string): Promise<StoredUpload> {
    const upload = await this.#store.find(id);
    if (upload?.accountId !== account.id || isExpired(upload.expiresAt, this.#clock()))
      throw uploadNotFound();
    return upload;
  }

  /** Gives an upload up, with what came of it. @throws Failure `upload_not_found` */
  async abort(account: StoredAccount, id: string): Promise<void> {
    await this.find(account, id);
    if (!(await this.#store.abort(id, this.#clock()))) throw uploadNotFound();
  }

  /** What a file is to be, checked, but for its size. @throws Failure `invalid` */
  #describe(account: StoredAccount, request: Omit<FileRequest, 'size'>): Draft {
    const { name, mediaType, keyPrefix, isPublic, prefix = null, metadata = null, tags = null } = request;
    const publicId = newHashId();
    return {
      description: {
        bucketId: account.filesBucketId,
        accountId: account.id,
        key: `${keyPrefix}${publicId}/${requireFileName(name)}`,
        publicId,
        name,
        mediaType: requireMediaType(mediaType),
        isPublic,
        prefix: prefix === null ? null : requirePrefix(prefix),
        metadata: requireMetadata(metadata),
        tags,
      },
      objectExpiresAt: this.#expiryOf(account, request.expiryTime ?? undefined),
    };
  }

  async #reserve(
    account: StoredAccount,
    request: FileRequest,
    { directKey, partSize = null, isAdmittedLater = false }: ReserveOptions,
  ): Promise<StoredUpload> {
    const { size, route = null } = request;
    if (!Number.isSafeInteger(size) || size < 0) throw invalid('size', 'must be a whole number of bytes');
    const { description, objectExpiresAt } = this.#describe(account, request);
    const plan = await this.#plans.find(account.plan);
    requireWithinPlan(account, plan, this.#settings.maxObjectSize, { ...description, size });
    if (!isAdmittedLater) await this.#placement.requireRoom(size);
    const now = this.#clock();
    const ends = [now + this.#settings.presignTtl, account.expiresAt, objectExpiresAt];
    const upload: StoredUpload = {
      ...description,
      id: newTimedId(now),
      declaredSize: size,
      objectExpiresAt,
      objectTtl: null,
      route,
      createdAt: now,
      expiresAt: Math.min(...ends.filter((end) => end !== null)),
      directKey,
      directUploadId: null,
      partSize,
      isReceived: false,
      isText: false,
    };
    const directKeyEnds = upload.expiresAt + this.#settings.longestUpload;
    requireWithinQuota(await this.#store.reserve(upload, plan, directKeyEnds), plan);
    return upload;
  }

  async #target(upload: StoredUpload, part: number | null): Promise<UploadTarget> {
    const { id, directKey, directUploadId, mediaType, declaredSize, expiresAt } = upload;
    if (this.#direct === undefined || directKey === null) {
      const signature = this.#signer.sign('upload', id, part ?? 0, mediaType, declaredSize, expiresAt);
      return { kind: 'here', uploadId: id, part, expiresAt, signature };
    }
    const seconds = Math.max(1, Math.floor((expiresAt - this.#clock()) / 1000));
    const url =
      part === null
        ? await this.#direct.presignPut(directKey, mediaType, declaredSize, seconds)
        : await this.#direct.presignPart(
            directKey,
            directUploadId ?? '',
            part,
            sizeOfPart(upload, part),
            seconds,
          );
    return { kind: 'direct', url };
  }

  async #partTargets(upload: StoredUpload): Promise<PartTarget[]> {
    const targets: PartTarget[] = [];
    for (let number = 1; number <= partCount(upload); number += 1) {
      targets.push({ number, target: await this.#target(upload, number) });
      // A thousand signatures take a fifth of a second: others have their turn meanwhile.
      if (number % signedAtOnce === 0) await this.#timers.sleep(0);
    }
    return targets;
  }

  /** Nothing of an account lives longer than the account. */
  #expiryOf(account: StoredAccount, expiryTime: string | undefined): number | null {
    if (expiryTime === undefined) return null;
    const now = this.#clock();
    const maxTtl = account.expiresAt === null ? longestLife : account.expiresAt - now;
    return decideExpiry({ expiryTime }, now, { defaultTtl: maxTtl, maxTtl });
  }
}

/** A prefix groups files in lists. @throws Failure `invalid` */
function requirePrefix(prefix: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (prefix.length > 255 || /[\x00-\x1f\x7f]/.test(prefix) || !prefix.isWellFormed())
    throw invalid('prefix', 'must be at most 255 characters, without control characters');
  return prefix;
}

type ReserveOptions = {
  directKey: string | null;
  partSize?: number | null;
  /** Whether room is asked for again when the bytes come: then their number may be a mere upper bound. */
  isAdmittedLater?: boolean;
};

/** What a file is to be, and when it is to expire; null for as its account. */
type Draft = { description: ObjectDescription; objectExpiresAt: number | null };

/** A file of an account without an end may live without one too: this only keeps dates readable (ms). */
const longestLife = 100 * 365 * 86_400_000;

/** How many parts an upload has. */
export function partCount({ declaredSize, partSize }: StoredUpload): number {
  return Math.max(1, Math.ceil(declaredSize / (partSize ?? Math.max(1, declaredSize))));
}

/** The exact size of a part (bytes): all are alike, but for the last. */
export function sizeOfPart(upload: StoredUpload, part: number): number {
  const { declaredSize, partSize } = upload;
  if (partSize === null) return declaredSize;
  return Math.min(partSize, declaredSize - (part - 1) * partSize);
}

export function uploadNotFound(): Failure {
  return new Failure('upload_not_found', 'The upload is unknown, has expired, or was confirmed');
}
