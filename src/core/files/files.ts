import type { Placement } from '../content/placement.ts';
import { isExpired } from '../expiry.ts';
import { Failure } from '../failure.ts';
import { cursorScopes, type Page, type PageRequest, readPage } from '../paging.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { ObjectFilter, ObjectStore, StoredObject } from '../ports/buckets/object-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import { BlobMissing, type ByteRange } from '../ports/content/blob-store.ts';
import type { Signer } from '../signing.ts';
import { isStorable, requireStorable } from '../storable-text.ts';
import { Tally } from '../tally.ts';

/** The filter and the page of a list request. */
type ListRequest = Omit<ObjectFilter, 'before'> & PageRequest;

/** Allows reading a private file without a credential. */
export type DownloadGrant = { expiresAt: number; signature: string };

const maxListed = 100;
/** How long a grant is valid (ms). */
const grantTtl = 3_600_000;

type FilesDeps = {
  store: ObjectStore;
  placement: Placement;
  signer: Signer;
  clock: Clock;
  timers: Timers;
};

/** The files of accounts. */
export class Files {
  readonly #deps: FilesDeps;
  readonly #downloads: Tally<{ count: number; lastDownloadAt: number }>;

  constructor(deps: FilesDeps) {
    this.#deps = deps;
    this.#downloads = new Tally(
      (earlier, later) => ({ ...later, count: earlier.count + later.count }),
      (notes) => deps.store.addDownloads([...notes].map(([id, note]) => ({ id, ...note }))),
      deps.timers,
    );
  }

  /** @throws Failure `not_found` */
  async find(account: StoredAccount, id: string): Promise<StoredObject> {
    return this.#live(isStorable(id) ? await this.#deps.store.find(account.filesBucketId, id) : undefined);
  }

  /** @throws Failure `not_found` */
  async findByKey(account: StoredAccount, key: string): Promise<StoredObject> {
    return this.#live(
      isStorable(key) ? await this.#deps.store.findByKey(account.filesBucketId, key) : undefined,
    );
  }

  /**
   * The file with a key, for a caller without a credential. A private file needs a grant; without one it does not
   * appear to exist.
   *
   * @throws Failure `not_found`; `forbidden` if the grant was altered or has expired
   */
  async findPublic(key: string, grant: DownloadGrant | undefined): Promise<StoredObject> {
    if (grant && !this.#isGranted(key, grant))
      throw new Failure('forbidden', 'The URL was altered, or has expired');
    const publicId = publicIdIn(key);
    const object = this.#live(
      publicId === undefined ? undefined : await this.#deps.store.findPublic(publicId),
    );
    if (object.key !== key || !(object.isPublic || grant)) throw fileNotFound();
    return object;
  }

  /**
   * Opens the content of a file, or a range of it. A read from the start counts as a download.
   *
   * @throws Failure `not_found` if the file was removed in the meantime, `store_away`
   */
  async open(
    { id, size }: StoredObject,
    range?: ByteRange,
  ): Promise<string | Uint8Array | ReadableStream<Uint8Array>> {
    const content = await this.#deps.store.content(id);
    if (content === undefined) throw fileNotFound();
    try {
      const isWhole = content.kind === 'inline' && range === undefined;
      const bytes = isWhole ? content.data : await this.#deps.placement.open({ content, size }, range);
      if ((range?.start ?? 0) === 0)
        this.#downloads.note(id, { count: 1, lastDownloadAt: this.#deps.clock() });
      return bytes;
    } catch (error) {
      if (error instanceof BlobMissing) throw fileNotFound();
      throw error;
    }
  }

  /**
   * A list page of an account's files, newest first. A cursor stays valid while files are added and removed.
   *
   * @throws Failure `invalid` for a limit outside 1 to 100, for a cursor of another list, and for a filter with U+0000
   */
  list(
    { filesBucketId }: StoredAccount,
    { cursor, limit, ...filter }: ListRequest,
  ): Promise<Page<StoredObject>> {
    requireStorable('prefix', filter.prefix);
    requireStorable('tag', filter.tag);
    const page = { cursor, limit };
    return readPage(this.#deps.signer, page, {
      scope: cursorScopes.files(filesBucketId, filter),
      maxLimit: maxListed,
      read: (before, count) =>
        this.#deps.store.list(filesBucketId, { ...filter, before }, this.#deps.clock(), count),
      positionAfter: ({ position }) => position,
    });
  }

  /** @throws Failure `not_found` if the file was already removed */
  async remove({ id }: StoredObject): Promise<void> {
    if (!(await this.#deps.store.remove(id, this.#deps.clock()))) throw fileNotFound();
  }

  /** Grants reads of a private file for an hour, or until the file expires. */
  grant({ key, expiresAt }: StoredObject): DownloadGrant {
    const latest = this.#deps.clock() + grantTtl;
    const grantExpiresAt = expiresAt === null ? latest : Math.min(latest, expiresAt);
    return { expiresAt: grantExpiresAt, signature: this.#deps.signer.sign('download', key, grantExpiresAt) };
  }

  /** Writes the counted downloads. Call it before the store closes. */
  flush(): Promise<void> {
    return this.#downloads.flush();
  }

  #isGranted(key: string, { expiresAt, signature }: DownloadGrant): boolean {
    return (
      this.#deps.signer.verify(signature, 'download', key, expiresAt) &&
      !isExpired(expiresAt, this.#deps.clock())
    );
  }

  #live(object: StoredObject | undefined): StoredObject {
    if (object === undefined || isExpired(object.expiresAt, this.#deps.clock())) throw fileNotFound();
    return object;
  }
}

/** Callers cannot distinguish unknown, expired and private files, and files of other accounts. */
export function fileNotFound(): Failure {
  return new Failure('not_found', 'The file does not exist, or was deleted');
}

/** The public id in a file's key (128 random bits in hex); undefined if the key has none. */
export function publicIdIn(key: string): string | undefined {
  return /(?:^|\/)([0-9a-f]{32})\/[^/]+$/.exec(key)?.[1];
}
