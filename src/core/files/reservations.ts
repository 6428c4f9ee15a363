import type { Placement } from '../content/placement.ts';
import { isExpired } from '../expiry.ts';
import { storeAway, uploadNotFound } from '../failure.ts';
import { sealOf } from '../idempotency.ts';
import { newHashId } from '../ids.ts';
import { OutcomeUnknown } from '../outcome-unknown.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { DirectUploads } from '../ports/files/direct-uploads.ts';
import { ownSizes, type StoredUpload, type UploadStore } from '../ports/files/upload-store.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { Quota } from '../ports/limits/quota.ts';
import type { Signer } from '../signing.ts';
import { isStorable } from '../storable-text.ts';
import { requireWithinQuota } from './quotas.ts';

/** Where the client sends the bytes: to a URL of the blob store, or to this server with a signature. */
export type UploadTarget =
  | { kind: 'direct'; url: string }
  | { kind: 'here'; uploadId: string; part: number | null; expiresAt: number; signature: string };

export type PartTarget = { number: number; target: UploadTarget };

/**
 * The minimum size of every part except the last, as in S3 (bytes). Parts of UploadKit have exactly this size
 * (docs/contract/uploadkit.md, "Uploads in parts").
 */
export const minPartSize = 5 * 1024 * 1024;
/** How many URLs are signed before the event loop runs other work. */
const signedPerTurn = 32;

type ReservationsDeps = {
  store: UploadStore;
  direct: DirectUploads | undefined;
  placement: Placement;
  /** How long a PUT to the blob store may continue after its URL has expired (ms). */
  maxUploadTime: number;
  signer: Signer;
  clock: Clock;
  timers: Timers;
};

/** Enters uploads and signs their presigned URLs. */
export class Reservations {
  readonly #deps: ReservationsDeps;

  constructor(deps: ReservationsDeps) {
    this.#deps = deps;
  }

  /** A key for bytes that a client sends directly to the blob store; null if clients send them to this server. */
  newDirectKey(): string | null {
    return this.#deps.direct === undefined ? null : newHashId();
  }

  /**
   * Enters an upload if the server and the quota have room for it. Bytes that go directly to the blob store take their
   * room now, since this server does not see them arrive. Other bytes take it when they arrive.
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
   * Enters an upload without a check for room. That check follows when the bytes arrive: there may be fewer.
   *
   * @throws Failure `bytes_exceeded`, `objects_exceeded`
   */
  async enterWithoutRoom(upload: StoredUpload, quota: Quota, seal?: Seal<StoredUpload>): Promise<void> {
    const directKeyExpiresAt = upload.expiresAt + this.#deps.maxUploadTime;
    requireWithinQuota(await this.#deps.store.start(upload, quota, directKeyExpiresAt, seal), quota);
  }

  /**
   * Enters an upload in parts. If its parts go directly to the blob store, starts it there too.
   *
   * @returns The upload, with the id that the blob store gave it.
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
      const outcome = await store.setDirectUploadId(id, directUploadId, sealOf(seal, started));
      if (outcome === 'upload_gone')
        throw storeAway(new Error('the upload was removed while it was started in the blob store'));
      return started;
    } catch (error) {
      // The upload may have been recorded: then a repeated request returns it. Otherwise it expires.
      if (!(error instanceof OutcomeUnknown)) await store.abort(id, clock());
      throw error;
    }
  }

  /** An upload that can still be completed. @throws Failure `upload_not_found`, also if it is not the expected one */
  async find(id: string, isExpected: (upload: StoredUpload) => boolean): Promise<StoredUpload> {
    const upload = isStorable(id) ? await this.#deps.store.find(id) : undefined;
    if (upload === undefined || !isExpected(upload) || isExpired(upload.expiresAt, this.#deps.clock()))
      throw uploadNotFound();
    return upload;
  }

  /** Aborts an upload and frees its bytes. @throws Failure `upload_not_found` */
  async abort({ id }: StoredUpload, seal?: Seal<null>): Promise<void> {
    if ((await this.#deps.store.abort(id, this.#deps.clock(), seal)) === 'upload_gone')
      throw uploadNotFound();
  }

  /** The target of an upload, or of one of its parts. */
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

  async partTargets(upload: StoredUpload): Promise<PartTarget[]> {
    const targets: PartTarget[] = [];
    for (let number = 1; number <= partCount(upload); number += 1) {
      targets.push({ number, target: await this.target(upload, number) });
      // A thousand signatures take 200 ms, during which other requests would wait.
      if (number % signedPerTurn === 0) await this.#deps.timers.sleep(0);
    }
    return targets;
  }
}

export function partCount({ declaredSize, partSize }: StoredUpload): number {
  return Math.max(1, Math.ceil(declaredSize / (partSize ?? Math.max(1, declaredSize))));
}

/** The exact size of a part (bytes). All parts have the same size, except the last. */
export function sizeOfPart(upload: StoredUpload, part: number): number {
  const { declaredSize, partSize } = upload;
  if (partSize === null) return declaredSize;
  return Math.min(partSize, declaredSize - (part - 1) * partSize);
}
