import type { Placement } from '../content/placement.ts';
import { isExpired } from '../expiry.ts';
import { Failure } from '../failure.ts';
import { cursorScopes, type Page, type PageRequest, readPage } from '../paging.ts';
import type { StoredAccount } from '../ports/account-store.ts';
import { BlobMissing, type ByteRange } from '../ports/blob-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { ObjectFilter, ObjectStore, StoredObject } from '../ports/object-store.ts';
import type { Signer } from '../signing.ts';
import { Tally } from '../tally.ts';

/** What a list is asked for. */
export type ListRequest = Omit<ObjectFilter, 'before'> & PageRequest;

/** What lets somebody read a private object without a credential. */
export type DownloadGrant = { expiresAt: number; signature: string };

const maxListed = 100;
/** How long a private object's address is good for (ms). */
const grantLifetime = 3_600_000;

type FilesDeps = {
  store: ObjectStore;
  placement: Placement;
  signer: Signer;
  clock: Clock;
  timers: Timers;
};

/** The objects of accounts: told of, read, listed, removed. */
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

  /** A file of an account. @throws Failure `not_found` */
  async find(account: StoredAccount, id: string): Promise<StoredObject> {
    return this.#live(await this.#deps.store.find(account.filesBucketId, id));
  }

  /** A file of an account, by its key. @throws Failure `not_found` */
  async findByKey(account: StoredAccount, key: string): Promise<StoredObject> {
    return this.#live(await this.#deps.store.findByKey(account.filesBucketId, key));
  }

  /**
   * An object by its address. A private one answers as one that is not there, but for a grant.
   *
   * @throws Failure `not_found`; `forbidden` for a grant that was altered or has expired
   */
  async findPublic(key: string, grant: DownloadGrant | undefined): Promise<StoredObject> {
    if (grant && !this.#isGranted(key, grant))
      throw new Failure('forbidden', 'The address was altered, or has expired');
    const publicId = publicIdIn(key);
    const object = this.#live(
      publicId === undefined ? undefined : await this.#deps.store.findPublic(publicId),
    );
    if (object.key !== key || !(object.isPublic || grant)) throw objectNotFound();
    return object;
  }

  /**
   * Opens an object's bytes, whole or a range. Reading from its start is a download, and counted as one.
   *
   * @throws Failure `not_found` where it was removed meanwhile, `store_away`
   */
  async open(
    { id, size }: StoredObject,
    range?: ByteRange,
  ): Promise<string | Uint8Array | ReadableStream<Uint8Array>> {
    const content = await this.#deps.store.content(id);
    if (content === undefined) throw objectNotFound();
    try {
      const isWhole = content.kind === 'inline' && range === undefined;
      const bytes = isWhole ? content.data : await this.#deps.placement.open({ content, size }, range);
      if ((range?.start ?? 0) === 0)
        this.#downloads.note(id, { count: 1, lastDownloadAt: this.#deps.clock() });
      return bytes;
    } catch (error) {
      if (error instanceof BlobMissing) throw objectNotFound();
      throw error;
    }
  }

  /**
   * A page of an account's files, newest first. A cursor stays good while files are added and removed.
   *
   * @throws Failure `invalid` for a limit outside 1 to 100, and a cursor that is not of this list
   */
  list(
    { filesBucketId }: StoredAccount,
    { cursor, limit, ...filter }: ListRequest,
  ): Promise<Page<StoredObject>> {
    const page = { cursor, limit };
    return readPage(this.#deps.signer, page, {
      scope: cursorScopes.files(filesBucketId, filter),
      maxLimit: maxListed,
      read: (position, count) => {
        // Cursors of older versions hold numbers.
        const before = position === undefined ? undefined : String(position);
        return this.#deps.store.list(filesBucketId, { ...filter, before }, this.#deps.clock(), count);
      },
      positionAfter: ({ position }) => position,
    });
  }

  /** Removes an object that was found before. @throws Failure `not_found` where it is gone by now */
  async remove({ id }: StoredObject): Promise<void> {
    if (!(await this.#deps.store.remove(id, this.#deps.clock()))) throw objectNotFound();
  }

  /** Lets somebody read a private object for an hour, or until it expires. */
  grant({ key, expiresAt }: StoredObject): DownloadGrant {
    const end = this.#deps.clock() + grantLifetime;
    const grantedUntil = expiresAt === null ? end : Math.min(end, expiresAt);
    return { expiresAt: grantedUntil, signature: this.#deps.signer.sign('download', key, grantedUntil) };
  }

  /** Writes what was noted of downloads: before the store closes. */
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
    if (object === undefined || isExpired(object.expiresAt, this.#deps.clock())) throw objectNotFound();
    return object;
  }
}

/** One answer for what is unknown, expired, another account's, or private. */
function objectNotFound(): Failure {
  return new Failure('not_found', 'The file does not exist, or was deleted');
}

/** The 128 random bits in the key of a file, by which it is found; undefined where it is none. */
export function publicIdIn(key: string): string | undefined {
  return /(?:^|\/)([0-9a-f]{32})\/[^/]+$/.exec(key)?.[1];
}
