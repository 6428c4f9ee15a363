import { eventsAbout } from '../buckets/object-events.ts';
import { objectNotFound } from '../buckets/object-publisher.ts';
import type { Blocks } from '../content/blocks.ts';
import type { Placement } from '../content/placement.ts';
import { Failure, payloadNotFound } from '../failure.ts';
import { publicIdIn } from '../files/files.ts';
import { isHashId } from '../ids.ts';
import type { Clock } from '../ports/clock.ts';
import { BlobMissing } from '../ports/content/blob-store.ts';
import type { ObjectContent } from '../ports/content/content.ts';
import type { Stores } from '../ports/stores.ts';
import type { Staleness } from '../staleness.ts';
import { isStorable } from '../storable-text.ts';

type RemovalsDeps = Pick<Stores, 'payloads' | 'objects' | 'objectWrites' | 'buckets'> & {
  blocks: Blocks;
  placement: Pick<Placement, 'digest'>;
  staleness: Staleness;
};

/** The content that an operator names, by its URL in any API. */
export type RemovalTarget =
  | { kind: 'payload'; id: string }
  /** A file of PutPut or UploadKit, by the key in its URL. */
  | { kind: 'file'; key: string }
  | { kind: 'object'; bucket: string; key: string };

/** `digest` is the SHA-256 of the bytes, if they were blocked. */
export type Removed = { size: number; digest: Uint8Array | undefined };

type Found = { size: number; content: ObjectContent; remove: () => Promise<boolean> };

/** Removes content of any owner for the operator. */
export class Removals {
  readonly #deps: RemovalsDeps;
  readonly #clock: Clock;

  constructor(deps: RemovalsDeps, clock: Clock) {
    this.#deps = deps;
    this.#clock = clock;
  }

  /**
   * Removes content. Afterwards no URL serves it, on no node.
   *
   * @param isBlocked Whether every API must refuse the same bytes from then on, also if the removal fails: it may have
   *   taken effect, and then nothing is left from which to block them.
   * @throws Failure `not_found`, `precondition_failed` for an object that is replaced in the meantime, `store_away`
   */
  async remove(target: RemovalTarget, isBlocked: boolean): Promise<Removed> {
    const { blocks, placement, staleness } = this.#deps;
    if (!Object.values(target).every(isStorable)) throw notFound();
    const { size, content, remove } = await this.#find(target);
    let digest: Uint8Array | undefined;
    try {
      if (isBlocked) digest = await placement.digest(content);
    } catch (error) {
      if (error instanceof BlobMissing) throw notFound();
      throw error;
    }
    if (digest) await blocks.block(digest);
    if (!(await remove())) throw notFound();
    await Promise.all([digest && blocks.settle(), staleness.settle()]);
    return { size, digest };
  }

  #find(target: RemovalTarget): Promise<Found> {
    if (target.kind === 'payload') return this.#payload(target.id);
    return target.kind === 'file' ? this.#file(target.key) : this.#object(target.bucket, target.key);
  }

  async #payload(id: string): Promise<Found> {
    const { payloads } = this.#deps;
    const payload = isHashId(id) ? await payloads.find(id) : undefined;
    if (payload === undefined) throw payloadNotFound();
    const { size, content } = payload;
    return { size, content, remove: () => payloads.remove(id, this.#clock()) };
  }

  async #file(key: string): Promise<Found> {
    const { objects } = this.#deps;
    const publicId = publicIdIn(key);
    const object = publicId === undefined ? undefined : await objects.findPublic(publicId);
    const content = object && (await objects.content(object.id));
    if (object?.key !== key || content === undefined) throw notFound();
    return { size: object.size, content, remove: () => objects.remove(object.id, this.#clock()) };
  }

  async #object(bucketName: string, key: string): Promise<Found> {
    const { buckets, objects, objectWrites } = this.#deps;
    const bucket = await buckets.find(bucketName);
    const found = bucket && (await objects.read(bucket.id, key));
    if (bucket === undefined || found === undefined) throw objectNotFound();
    const remove = async () => {
      const now = this.#clock();
      await objectWrites.remove(bucket, key, now, {
        admit: (current) => {
          if (current === undefined) throw objectNotFound();
          // The bytes that were read, and may be blocked, are not those of the current object.
          if (current.etag !== found.object.etag) throw replaced();
        },
        events: eventsAbout(now, 'object.deleted'),
      });
      return true;
    };
    return { size: found.object.size, content: found.content, remove };
  }
}

function replaced(): Failure {
  return new Failure('precondition_failed', 'It was replaced while it was being removed; remove it again');
}

function notFound(): Failure {
  return new Failure('not_found', 'It does not exist, or was removed');
}
