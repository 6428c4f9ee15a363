import { bucketNotFound, Failure, invalid } from '../failure.ts';
import type { Idempotency, IdempotentRequest, Outcome } from '../idempotency.ts';
import { newShortId } from '../ids.ts';
import { cursorScopes, type Page, type PageRequest, readPage } from '../paging.ts';
import type { StoredAccount } from '../ports/account-store.ts';
import type { BucketStore, BucketWithUsage, StoredBucket } from '../ports/bucket-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Signer } from '../signing.ts';
import { isBucketName, requireBucketName } from './bucket-name.ts';
import { eventsAbout } from './object-events.ts';

/** What somebody says of a bucket; times in seconds, as the API has them. */
type BucketRequest = { isPublic?: boolean; defaultTtlSeconds?: number | null };

/** What a list is asked for. */
const maxBuckets = 1000;
/** How much of what a bucket takes along goes in one step. */
const clearedAtOnce = 32;
/** The most entries of a page in any list of the bucket API. */
export const maxListed = 1000;

type BucketsDeps = {
  store: BucketStore;
  idempotency: Idempotency;
  signer: Signer;
  /** How long an object may live at most that is told how long (ms). */
  maxTtl: number;
  clock: Clock;
};

/** The buckets of accounts. */
export class Buckets {
  readonly #deps: BucketsDeps;

  constructor(deps: BucketsDeps) {
    this.#deps = deps;
  }

  /** @throws Failure `invalid`, `bucket_exists`, `objects_exceeded` */
  create(
    account: StoredAccount,
    name: string,
    { isPublic = false, defaultTtlSeconds = null }: BucketRequest,
    once?: IdempotentRequest,
  ): Promise<Outcome<BucketWithUsage>> {
    return this.#deps.idempotency.once(once, async (seal) => {
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
        throw new Failure('bucket_exists', 'There is a bucket of this name already');
      if (outcome === 'limit_reached')
        throw new Failure('objects_exceeded', `The limit of ${maxBuckets} buckets is reached`);
      return { ...bucket, objectCount: 0, sizeBytes: 0 };
    });
  }

  /** An account's bucket. @throws Failure `bucket_not_found`; `forbidden` where it is another account's */
  async find(account: StoredAccount, name: string): Promise<StoredBucket> {
    const bucket = isBucketName(name) ? await this.#deps.store.find(name) : undefined;
    if (bucket === undefined) throw bucketNotFound();
    if (bucket.accountId !== account.id)
      throw new Failure('forbidden', 'The bucket belongs to another account');
    return bucket;
  }

  /**
   * A bucket whose objects somebody may read: their own, or a public one.
   *
   * @param account Whose key came along, if any did.
   * @throws Failure as `find`; `unauthorized` where nobody's key came along
   */
  async findReadable(account: StoredAccount | undefined, name: string): Promise<StoredBucket> {
    const bucket = isBucketName(name) ? await this.#deps.store.find(name) : undefined;
    if (bucket?.isPublic) return bucket;
    if (account === undefined) throw new Failure('unauthorized', 'The credential is missing or not valid');
    return this.find(account, name);
  }

  /** What `findReadable` finds, where that needs no query; undefined says nothing. */
  cachedReadable(account: StoredAccount | undefined, name: string): StoredBucket | undefined {
    const bucket = this.#deps.store.cached(name);
    return bucket?.isPublic || bucket?.accountId === account?.id ? bucket : undefined;
  }

  /** Failures as for `find`. */
  async describe(account: StoredAccount, name: string): Promise<BucketWithUsage> {
    const { id } = await this.find(account, name);
    const bucket = await this.#deps.store.usage(id, this.#deps.clock());
    if (bucket === undefined) throw bucketNotFound();
    return bucket;
  }

  /** A page of an account's buckets, by name. @throws Failure `invalid` */
  list({ id }: StoredAccount, page: PageRequest): Promise<Page<BucketWithUsage>> {
    return readPage(this.#deps.signer, page, {
      scope: cursorScopes.buckets(id),
      maxLimit: maxListed,
      read: (after = '', count) => this.#deps.store.list(id, String(after), this.#deps.clock(), count),
      positionAfter: ({ name }) => name,
    });
  }

  /** Changes what is told. Objects that are there keep their expiry. Failures as for `find`, and `invalid`. */
  update(
    account: StoredAccount,
    name: string,
    { isPublic, defaultTtlSeconds }: BucketRequest,
    once?: IdempotentRequest,
  ): Promise<Outcome<BucketWithUsage>> {
    return this.#deps.idempotency.once(once, async (seal) => {
      const { id } = await this.find(account, name);
      const changes = {
        ...(isPublic !== undefined && { isPublic }),
        ...(defaultTtlSeconds !== undefined && { defaultTtl: this.#defaultTtl(defaultTtlSeconds) }),
      };
      const bucket = await this.#deps.store.update(id, changes, this.#deps.clock(), seal);
      if (bucket === 'gone') throw bucketNotFound();
      return bucket;
    });
  }

  /** Removes an empty bucket: one whose objects have all expired. Failures as for `find`, and `bucket_not_empty`. */
  remove(account: StoredAccount, name: string, once?: IdempotentRequest): Promise<Outcome<null>> {
    return this.#deps.idempotency.once<null>(once, async (seal) => {
      const { id } = await this.find(account, name);
      const now = this.#deps.clock();
      const events = eventsAbout(now, 'object.expired');
      // In steps: what a bucket takes along may be much, and no other write is to wait for all of it.
      while ((await this.#deps.store.clear(id, now, clearedAtOnce, events)) === clearedAtOnce);
      const outcome = await this.#deps.store.remove(id, now, events, seal);
      if (outcome === 'gone') throw bucketNotFound();
      if (outcome === 'not_empty') throw new Failure('bucket_not_empty', 'The bucket still holds objects');
      return null;
    });
  }

  #defaultTtl(seconds: number | null): number | null {
    if (seconds === null) return null;
    const most = Math.floor(this.#deps.maxTtl / 1000);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > most)
      throw invalid('defaultTtlSeconds', `must be a whole number of seconds from 1 to ${most}, or null`);
    return seconds * 1000;
  }
}
