import { hash } from 'node:crypto';
import type { Placement } from '../content/placement.ts';
import { endOf, isExpired } from '../expiry.ts';
import { invalid, partTooSmall, uploadNotFound } from '../failure.ts';
import { minPartSize } from '../files/reservations.ts';
import {
  type NamedPart,
  partReplaced,
  partsOf,
  readUploaded,
  wrongPartEtag,
} from '../files/uploaded-parts.ts';
import { newHashId } from '../ids.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { NewObject, Written } from '../ports/buckets/object-writes.ts';
import type { Clock } from '../ports/clock.ts';
import type { PlacedContent } from '../ports/content/content.ts';
import type {
  CompletionRefusal,
  ReceivedPart,
  StoredUpload,
  UploadedPart,
} from '../ports/files/upload-store.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { Buckets } from './buckets.ts';
import { type Conditions, requireConditions } from './conditions.ts';
import type { MultipartStores, MultipartUploads, UploadReference } from './multipart-uploads.ts';
import { eventsAbout, eventsAboutUpload } from './object-events.ts';

type MultipartCompletionsDeps = {
  stores: MultipartStores;
  uploads: MultipartUploads;
  buckets: Buckets;
  placement: Placement;
  clock: Clock;
};

/** Completes multipart uploads: turns them into objects. */
export class MultipartCompletions {
  readonly #deps: MultipartCompletionsDeps;

  constructor(deps: MultipartCompletionsDeps) {
    this.#deps = deps;
  }

  /**
   * Makes an object of the named parts, and replaces the object under its key. An upload can be completed once.
   *
   * @throws Failure `invalid` if the parts do not match the received ones, or are not in the order of their numbers;
   *   `part_too_small`, `upload_not_found`, `precondition_failed`, `no_room`, `store_away`
   */
  async complete(
    account: StoredAccount,
    reference: UploadReference,
    named: NamedPart[],
    conditions: Conditions,
    seal?: Seal<Written>,
  ): Promise<Written> {
    const upload = await this.#deps.uploads.find(account, reference);
    const parts = await this.#partsNamed(upload, named);
    await this.#precheck(upload, conditions);
    const publish = await this.#publisher(account, reference.bucketName, upload, conditions, seal);
    const written =
      upload.directKey === null
        ? await this.#completeHere(upload, parts, publish)
        : await this.#completeDirect(upload, upload.directKey, named, parts, publish);
    if (written === 'parts_changed') throw partReplaced();
    if (typeof written === 'string') throw uploadNotFound();
    return written;
  }

  /** Checks the conditions before the blob store assembles the parts. The transaction checks them again. */
  async #precheck({ bucketId, key }: StoredUpload, conditions: Conditions): Promise<void> {
    const current = await this.#deps.stores.objects.findByKey(bucketId, key);
    requireConditions(conditions, isExpired(current?.expiresAt, this.#deps.clock()) ? undefined : current);
  }

  /** Matches the named parts with the received ones. The blob store checks the ETags of parts that it received. */
  async #partsNamed(upload: StoredUpload, named: NamedPart[]): Promise<ReceivedPart[]> {
    const received = new Map(
      (await partsOf(this.#deps.stores.uploads, upload)).map((part) => [part.number, part] as const),
    );
    const parts = named.map(({ number, etag }, index) => {
      if (index > 0 && number <= (named[index - 1]?.number ?? 0))
        throw invalid('parts', 'must be in the order of their numbers, each once');
      const part = received.get(number);
      if (part === undefined) throw invalid('parts', `names part ${number}, which was not received`);
      if (upload.directKey === null && part.etag !== etag) throw wrongPartEtag(number);
      return part;
    });
    if (parts.slice(0, -1).some(({ size }) => size < minPartSize)) throw partTooSmall();
    return parts;
  }

  async #publisher(
    account: StoredAccount,
    bucketName: string,
    upload: StoredUpload,
    conditions: Conditions,
    seal: Seal<Written> | undefined,
  ): Promise<(content: UploadedPart[] | PlacedContent) => Promise<Written | CompletionRefusal>> {
    const bucket = await this.#deps.buckets.find(account, bucketName);
    return (content) => {
      const at = this.#deps.clock();
      const object: NewObject = {
        bucket,
        // The parts are stored under the id of the upload.
        id: upload.id,
        key: upload.key,
        mediaType: upload.mediaType,
        contentEncoding: upload.contentEncoding,
        metadata: (upload.metadata ?? {}) as Record<string, string>,
        digest: null,
        etag: newHashId(),
        at,
        expiresAt: endOf(upload.objectTtl, at, account.expiresAt),
      };
      return this.#deps.stores.uploads.completeObject(upload.id, object, content, {
        // The quota counted the parts when they arrived.
        admit: (current) => requireConditions(conditions, current),
        events: eventsAboutUpload(at, upload.id),
        expiredEvents: eventsAbout(at, 'object.expired'),
        seal,
      });
    };
  }

  async #completeHere<T>(
    upload: StoredUpload,
    parts: ReceivedPart[],
    publish: (content: UploadedPart[]) => Promise<T>,
  ): Promise<T> {
    await readUploaded(this.#deps.stores.uploads, upload, () =>
      this.#deps.placement.requireUnblocked({ kind: 'parts', parts }),
    );
    return publish(parts);
  }

  async #completeDirect(
    upload: StoredUpload,
    key: string,
    named: NamedPart[],
    parts: UploadedPart[],
    publish: (content: PlacedContent) => Promise<Written | CompletionRefusal>,
  ): Promise<Written | CompletionRefusal> {
    const { direct, uploads } = this.#deps.stores;
    if (direct === undefined) throw uploadNotFound();
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const completedVersion = await direct.completeParts(key, upload.directUploadId ?? '', named);
    const blob = await direct.inspect(key);
    if (blob === undefined) throw uploadNotFound();
    // An earlier attempt may have completed the upload with different parts: its blob then has a different version.
    const isDifferent = areDifferentVersions(completedVersion ?? versionOf(named), blob.version);
    if (isDifferent || (completedVersion === undefined && blob.size !== size))
      throw invalid(
        'parts',
        'must be the parts of the earlier completion, which the blob store has already finished',
      );
    await readUploaded(uploads, upload, () => this.#deps.placement.requireUnblocked({ kind: 'blob', key }));
    return publish({ content: { kind: 'blob', key }, size: blob.size, isText: false });
  }
}

/** The ETag that S3 gives a completed multipart upload: the MD5 of the MD5s of its parts, and their number. */
function versionOf(named: NamedPart[]): string {
  const hashes = named.map(({ etag }) => Buffer.from(etag, 'hex'));
  return `"${hash('md5', Buffer.concat(hashes))}-${named.length}"`;
}

/** Compares only versions in the format of S3. Some blob stores use other formats. */
function areDifferentVersions(one: string, other: string): boolean {
  const [ours, theirs] = [one, other].map((version) => version.replaceAll('"', ''));
  const isOfParts = (version = '') => /^[0-9a-f]{32}-\d+$/.test(version);
  return isOfParts(ours) && isOfParts(theirs) && ours !== theirs;
}
