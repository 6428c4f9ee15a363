import type { Placement } from '../content/placement.ts';
import { isExpired } from '../expiry.ts';
import { Failure, storeAway } from '../failure.ts';
import { newHashId } from '../ids.ts';
import { OutcomeUnknown } from '../outcome-unknown.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { DirectUploads } from '../ports/direct-uploads.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { Quota } from '../ports/quota.ts';
import { ownSizes, type StoredUpload, type UploadStore } from '../ports/upload-store.ts';
import type { Signer } from '../signing.ts';
import { requireWithinQuota } from './quotas.ts';

/** Where the bytes go: a URL of the blob store, or this server, which takes them with the signature. */
export type UploadTarget =
  | { kind: 'direct'; url: string }
  | { kind: 'here'; uploadId: string; part: number | null; expiresAt: number; signature: string };

/** A part of an upload, and where its bytes go. */
export type PartTarget = { number: number; target: UploadTarget };

/**
 * The least bytes of every part but the last, as S3 has it; UploadKit's have just so many
 * (docs/contract/uploadkit.md, "Uploads in parts").
 */
export const minPartSize = 5 * 1024 * 1024;
/** How many addresses are signed before others have their turn. */
const signedAtOnce = 32;

type ReservationsDeps = {
  store: UploadStore;
  direct: DirectUploads | undefined;
  placement: Placement;
  /** How long a PUT straight to the blob store may go on when its URL has expired (ms). */
  maxUploadTime: number;
  signer: Signer;
  clock: Clock;
  timers: Timers;
};

/** Enters uploads, and signs the addresses that take their bytes. */
export class Reservations {
  readonly #deps: ReservationsDeps;

  constructor(deps: ReservationsDeps) {
    this.#deps = deps;
  }

  /** A key for bytes that a client writes to the blob store by itself; null where they come to this server. */
  newDirectKey(): string | null {
    return this.#deps.direct === undefined ? null : newHashId();
  }

  /**
   * Enters an upload, if the server and the quota have room for it. Nobody tells of bytes that go straight to the blob
   * store: those have their room from here on. Others take it when they come.
   *
   * @throws Failure `no_room`, `bytes_exceeded`, `objects_exceeded`
   */
  async enter(upload: StoredUpload, quota: Quota, seal?: Seal<StoredUpload>): Promise<void> {
    const { accountId, directKey, declaredSize } = upload;
    const room = await this.#deps.placement.roomOf(accountId);
    if (directKey === null) {
      await room?.look(declaredSize);
      await this.#deps.placement.requireRoom(declaredSize);
      return this.enterWithoutRoom(upload, quota, seal);
    }
    await room?.admit(declaredSize);
    try {
      await this.#deps.placement.whileAdmitted(declaredSize, () =>
        this.enterWithoutRoom(upload, quota, seal),
      );
    } finally {
      room?.settle(declaredSize);
    }
  }

  /**
   * Enters an upload whatever room the server has: that is asked for when the bytes come, which may be fewer.
   *
   * @throws Failure `bytes_exceeded`, `objects_exceeded`
   */
  async enterWithoutRoom(upload: StoredUpload, quota: Quota, seal?: Seal<StoredUpload>): Promise<void> {
    const directKeyEnds = upload.expiresAt + this.#deps.maxUploadTime;
    requireWithinQuota(await this.#deps.store.start(upload, quota, directKeyEnds, seal), quota);
  }

  /**
   * Enters an upload in parts. If its parts go directly to the blob store, starts it there too.
   *
   * @returns The upload, with the blob store's own id of it.
   * @throws Failure as `enter`, and `store_away`
   */
  async enterInParts(upload: StoredUpload, quota: Quota, seal?: Seal<StoredUpload>): Promise<StoredUpload> {
    const { direct, store, clock } = this.#deps;
    const { id, directKey, mediaType, partSize } = upload;
    const isHere = direct === undefined || directKey === null;
    const enterSeal = isHere ? seal : undefined;
    // Parts with their own sizes take their room when they arrive.
    if (partSize === ownSizes) await this.enterWithoutRoom(upload, quota, enterSeal);
    else await this.enter(upload, quota, enterSeal);
    if (isHere) return upload;
    try {
      // If the process ends before the id is recorded, the journal record of `directKey` aborts the upload in S3.
      const directUploadId = await direct.startParts(directKey, mediaType);
      const started = { ...upload, directUploadId };
      const keep = seal && (() => seal(started));
      if ((await store.setDirectUploadId(id, directUploadId, keep)) === 'upload_gone')
        throw storeAway(new Error('the upload was removed while it was started in the blob store'));
      return started;
    } catch (error) {
      // A started upload may have been recorded: then a repeated request gets it. If not, it expires.
      if (!(error instanceof OutcomeUnknown)) await store.abort(id, clock());
      throw error;
    }
  }

  /** An upload that can still be completed. @throws Failure `upload_not_found`, also if it is not the expected one */
  async find(id: string, isExpected: (upload: StoredUpload) => boolean): Promise<StoredUpload> {
    const upload = await this.#deps.store.find(id);
    if (upload === undefined || !isExpected(upload) || isExpired(upload.expiresAt, this.#deps.clock()))
      throw uploadNotFound();
    return upload;
  }

  /** Aborts an upload and frees its bytes. @throws Failure `upload_not_found` */
  async abort({ id }: StoredUpload, seal?: Seal<null>): Promise<null> {
    if ((await this.#deps.store.abort(id, this.#deps.clock(), seal)) === 'upload_gone')
      throw uploadNotFound();
    return null;
  }

  /** Where the bytes of an upload go, or those of one of its parts. */
  async target(upload: StoredUpload, part: number | null): Promise<UploadTarget> {
    const { id, directKey, directUploadId, mediaType, declaredSize, expiresAt } = upload;
    if (this.#deps.direct === undefined || directKey === null) {
      const signature = this.#deps.signer.sign('upload', id, part ?? 0, mediaType, declaredSize, expiresAt);
      return { kind: 'here', uploadId: id, part, expiresAt, signature };
    }
    const seconds = Math.max(1, Math.floor((expiresAt - this.#deps.clock()) / 1000));
    const url =
      part === null
        ? await this.#deps.direct.presignPut(directKey, mediaType, declaredSize, seconds)
        : await this.#deps.direct.presignPart(
            directKey,
            directUploadId ?? '',
            part,
            sizeOfPart(upload, part),
            seconds,
          );
    return { kind: 'direct', url };
  }

  /** Where the bytes of each part go. */
  async partTargets(upload: StoredUpload): Promise<PartTarget[]> {
    const targets: PartTarget[] = [];
    for (let number = 1; number <= partCount(upload); number += 1) {
      targets.push({ number, target: await this.target(upload, number) });
      // A thousand signatures take a fifth of a second: others have their turn meanwhile.
      if (number % signedAtOnce === 0) await this.#deps.timers.sleep(0);
    }
    return targets;
  }
}

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
  return new Failure('upload_not_found', 'The upload is unknown, has expired, or was completed or aborted');
}
