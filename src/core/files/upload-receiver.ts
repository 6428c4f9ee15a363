import { canonicalMediaType } from '../coding/media-type.ts';
import type { Placement } from '../content/placement.ts';
import { isExpired } from '../expiry.ts';
import { Failure } from '../failure.ts';
import { newHashId } from '../ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContentCoding } from '../ports/coding/content-coding.ts';
import type { StoredUpload, UploadStore } from '../ports/files/upload-store.ts';
import type { Signer } from '../signing.ts';
import { isStorable } from '../storable-text.ts';
import { partCount, sizeOfPart } from './reservations.ts';

/** The parameters of a presigned URL of this server. */
type UploadGrant = { uploadId: string; part: number | null; expiresAt: number; signature: string };

/** A PUT to a presigned URL. */
export type IncomingFile = {
  mediaType: string | undefined;
  contentEncoding: ContentCoding | null;
  /** The announced length in bytes; undefined if the body is chunked. */
  declaredSize: number | undefined;
  chunks: AsyncIterable<Uint8Array>;
};

type UploadReceiverDeps = {
  store: UploadStore;
  placement: Placement;
  signer: Signer;
  clock: Clock;
};

/** Receives uploads at presigned URLs of this server, by the rules of S3. */
export class UploadReceiver {
  readonly #deps: UploadReceiverDeps;

  constructor(deps: UploadReceiverDeps) {
    this.#deps = deps;
  }

  /**
   * Receives the bytes of an upload or of one part, and replaces earlier ones. Their type and length must match the
   * signature.
   *
   * @param admit Called after the URL was verified, before the body is read.
   * @returns The ETag of the received bytes, without quotes.
   * @throws Failure `forbidden` for a URL that was altered, has expired or was used up, and for another type or length;
   *   `coding_refused` for a part with a content coding; `no_room`, `store_away`; or an error of `admit` or `chunks`.
   *   Nothing is stored in any of these cases.
   */
  async receive(
    grant: UploadGrant,
    { mediaType, contentEncoding, declaredSize, chunks }: IncomingFile,
    admit?: () => Promise<void>,
  ): Promise<string> {
    const { uploadId, part } = grant;
    const upload = await this.#granted(grant);
    await admit?.();
    const size = part === null ? upload.declaredSize : sizeOfPart(upload, part);
    if (declaredSize !== undefined && declaredSize !== size) throw wrongLength();
    // Parts have no type, as in S3.
    const hasOtherType = canonicalMediaType(mediaType ?? '') !== canonicalMediaType(upload.mediaType);
    if (part === null && (mediaType === undefined || hasOtherType))
      throw new Failure('forbidden', 'The Content-Type does not match the signature of the URL');
    if (part !== null && contentEncoding !== null)
      throw new Failure('coding_refused', 'A part must not have a Content-Encoding');
    const etag = newHashId();
    const room = await this.#deps.placement.roomOf(upload.accountId);
    const outcome = await this.#deps.placement
      .storeStream({ chunks, declaredSize: size, limit: size, asBlob: part !== null, room }, (placed) =>
        part === null
          ? this.#deps.store.receive(uploadId, placed, this.#deps.clock(), contentEncoding)
          : this.#deps.store.receivePart(
              uploadId,
              { part: { number: part, size, etag }, placed },
              this.#deps.clock(),
            ),
      )
      .catch((error: unknown) => {
        // The length of a chunked body is known only at its end.
        const isWrongLength =
          error instanceof Failure && (error.code === 'too_large' || error.field === 'length');
        throw isWrongLength ? wrongLength() : error;
      });
    if (outcome !== 'received') throw notGranted();
    return etag;
  }

  async #granted({ uploadId, part, expiresAt, signature }: UploadGrant): Promise<StoredUpload> {
    const upload = isStorable(uploadId) ? await this.#deps.store.find(uploadId) : undefined;
    if (upload === undefined || upload.directKey !== null) throw notGranted();
    const { id, mediaType, declaredSize } = upload;
    const isSigned = this.#deps.signer.verify(
      signature,
      'upload',
      id,
      part ?? 0,
      mediaType,
      declaredSize,
      expiresAt,
    );
    const hasExpired = isExpired(Math.min(expiresAt, upload.expiresAt), this.#deps.clock());
    const isOfUpload = (part === null) === (upload.partSize === null) && (part ?? 1) <= partCount(upload);
    if (!isSigned || hasExpired || !isOfUpload) throw notGranted();
    return upload;
  }
}

function notGranted(): Failure {
  return new Failure('forbidden', 'The URL was altered, has expired, or was used up');
}

function wrongLength(): Failure {
  return new Failure('forbidden', 'The length of the body does not match the signature of the URL');
}
