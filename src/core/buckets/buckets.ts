import { bucketNotFound, Failure, invalid, invalidCredential } from '../failure.ts';
import { newShortId } from '../ids.ts';
import { cursorScopes, maxListed, type Page, type PageRequest, readPage } from '../paging.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { BucketStore, BucketWithUsage, StoredBucket } from '../ports/buckets/bucket-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import { andThen, type MaybePromise } from '../ports/maybe-promise.ts';
import type { Signer } from '../signing.ts';
import type { Staleness } from '../staleness.ts';
import { isBucketName, requireBucketName } from './bucket-name.ts';
import { eventsAbout } from './object-events.ts';

type BucketRequest = { isPublic?: boolean; defaultTtlSeconds?: number | null };

/** Per account. */
const maxBuckets = 1000;
/** How many objects and uploads of a removed bucket one transaction removes. */
const clearBatch = 32;

type BucketsDeps = {
  store: BucketStore;
  signer: Signer;
  /** The maximum default TTL (ms). */
  maxTtl: number;
  clock: Clock;
  staleness: Staleness;
};

/** The buckets of accounts. */
export class Buckets {
  readonly #deps: BucketsDeps;

  constructor(deps: BucketsDeps) {
    this.#deps = deps;
  }

  /** @throws Failure `invalid`, `bucket_exists`, `objects_exceeded` */
  async create(
    account: StoredAccount,
    name: string,
    { isPublic = false, defaultTtlSeconds = null }: BucketRequest,
    seal?: Seal<BucketWithUsage>,
  ): Promise<BucketWithUsage> {
    const bucket: StoredBucket = {
      id: newShortId(),
      accountId: account.id,
      name: requireBucketName(name),
      isPublic,
      defaultTtl: this.#defaultTtl(defaultTtlSeconds),
      createdAt: this.#deps.clock(),
    };
    const outcome = await this.#deps.store.insert(bucket, maxBuckets, seal);
    if (outcome === 'name_taken')
      throw new Failure('bucket_exists', 'A bucket with this name already exists');
    if (outcome === 'limit_reached')
      throw new Failure('objects_exceeded', `The limit of ${maxBuckets} buckets is reached`);
    return { ...bucket, objectCount: 0, sizeBytes: 0 };
  }

  /** A bucket of the account. @throws Failure `bucket_not_found`; `forbidden` for a bucket of another account */
  find(account: StoredAccount, name: string): MaybePromise<StoredBucket> {
    return andThen(this.#named(name), (bucket) => requireOwn(bucket, account));
  }

  /**
   * A bucket whose objects the caller may read: one of the account, or a public one.
   *
   * @param account The account of the caller; undefined without a key.
   * @throws Failure as `find`; `unauthorized` without a key
   */
  findReadable(account: StoredAccount | undefined, name: string): MaybePromise<StoredBucket> {
    return andThen(this.#named(name), (bucket) => {
      if (bucket?.isPublic) return bucket;
      if (account === undefined) throw invalidCredential();
      return requireOwn(bucket, account);
    });
  }

  /** A bucket with its usage. @throws Failure as `find` */
  async describe(account: StoredAccount, name: string): Promise<BucketWithUsage> {
    const { id } = await this.find(account, name);
    const bucket = await this.#deps.store.usage(id, this.#deps.clock());
    if (bucket === undefined) throw bucketNotFound();
    return bucket;
  }

  /** A page of the buckets of an account, by name. @throws Failure `invalid` */
  list({ id }: StoredAccount, page: PageRequest): Promise<Page<BucketWithUsage>> {
    return readPage(this.#deps.signer, page, {
      scope: cursorScopes.buckets(id),
      maxLimit: maxListed,
      read: (after = '', count) => this.#deps.store.list(id, after, this.#deps.clock(), count),
      positionAfter: ({ name }) => name,
    });
  }

  /**
   * Changes the given fields. Existing objects keep their expiry. No node shows objects of a bucket that is now private
   * when this resolves.
   *
   * @throws Failure as `find`, and `invalid`
   */
  async update(
    account: StoredAccount,
    name: string,
    { isPublic, defaultTtlSeconds }: BucketRequest,
    seal?: Seal<BucketWithUsage>,
  ): Promise<BucketWithUsage> {
    const { id } = await this.find(account, name);
    const changes = {
      ...(isPublic !== undefined && { isPublic }),
      ...(defaultTtlSeconds !== undefined && { defaultTtl: this.#defaultTtl(defaultTtlSeconds) }),
    };
    const bucket = await this.#deps.store.update(id, changes, this.#deps.clock(), seal);
    if (bucket === 'gone') throw bucketNotFound();
    if (isPublic === false) await this.#deps.staleness.settle();
    return bucket;
  }

  /** Removes a bucket whose objects have all expired. @throws Failure as `find`, and `bucket_not_empty` */
  async remove(account: StoredAccount, name: string, seal?: Seal<null>): Promise<void> {
    const { id } = await this.find(account, name);
    const now = this.#deps.clock();
    const events = eventsAbout(now, 'object.expired');
    // In batches, so that other writes need not wait for a large bucket.
    while ((await this.#deps.store.clear(id, now, clearBatch, events)) === clearBatch);
    const outcome = await this.#deps.store.remove(id, now, events, seal);
    if (outcome === 'gone') throw bucketNotFound();
    if (outcome === 'not_empty') throw new Failure('bucket_not_empty', 'The bucket still holds objects');
  }

  #named(name: string): MaybePromise<StoredBucket | undefined> {
    return isBucketName(name) ? this.#deps.store.find(name) : undefined;
  }

  #defaultTtl(seconds: number | null): number | null {
    if (seconds === null) return null;
    const max = Math.floor(this.#deps.maxTtl / 1000);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > max)
      throw invalid('defaultTtlSeconds', `must be a whole number of seconds from 1 to ${max}, or null`);
    return seconds * 1000;
  }
}

/** @throws Failure `bucket_not_found`, `forbidden` */
function requireOwn(bucket: StoredBucket | undefined, account: StoredAccount): StoredBucket {
  if (bucket === undefined) throw bucketNotFound();
  if (bucket.accountId !== account.id)
    throw new Failure('forbidden', 'The bucket belongs to another account');
  return bucket;
}
