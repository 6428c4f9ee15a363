import type { Plans } from '../accounts/plans.ts';
import type { Placement } from '../content/placement.ts';
import { endOf } from '../expiry.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { Written } from '../ports/buckets/object-writes.ts';
import { BlobMissing } from '../ports/content/blob-store.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { BucketObjects } from './bucket-objects.ts';
import type { Buckets } from './buckets.ts';
import type { Conditions } from './conditions.ts';
import { requireNewKey } from './object-key.ts';
import { type ObjectDraft, type ObjectPublisher, objectNotFound } from './object-publisher.ts';

type ObjectCopiesDeps = {
  buckets: Buckets;
  objects: BucketObjects;
  plans: Plans;
  publisher: ObjectPublisher;
  placement: Placement;
  /** How long a copy in the blob store may still run after we stopped waiting (ms). */
  maxUploadTime: number;
};

/** Copies of objects, within a bucket or to another bucket of the account. */
export class ObjectCopies {
  readonly #deps: ObjectCopiesDeps;

  constructor(deps: ObjectCopiesDeps) {
    this.#deps = deps;
  }

  /**
   * Copies an object with all its properties. The copy has the expiry of the original, or if that has none, the default
   * of the target bucket.
   *
   * @throws Failure as `put` and `read`
   */
  async copy(
    account: StoredAccount,
    source: { bucketName: string; key: string },
    destination: { bucketName: string; key: string; conditions: Conditions },
    seal?: Seal<Written>,
  ): Promise<Written> {
    const from = await this.#deps.buckets.find(account, source.bucketName);
    const to = await this.#deps.buckets.find(account, destination.bucketName);
    const key = requireNewKey(destination.key);
    const terms = { quota: await this.#deps.plans.find(account.plan), conditions: destination.conditions };
    for (let isRetry = false; ; isRetry = true) {
      const { object, content } = await this.#deps.objects.read(from, source.key);
      await this.#deps.publisher.precheck(to, key, object.size, terms);
      const draft: ObjectDraft = {
        bucket: to,
        key,
        mediaType: object.mediaType,
        contentEncoding: object.contentEncoding,
        metadata: (object.metadata ?? {}) as Record<string, string>,
        digest: object.digest,
        expiryAt: (now) => object.expiresAt ?? endOf(to.defaultTtl, now, account.expiresAt),
      };
      const publish = this.#deps.publisher.of(draft, terms, seal);
      try {
        return await this.#deps.placement.storeCopyOf(
          content,
          object.size,
          (placed) => publish({ ...placed, isText: object.isText }),
          this.#deps.maxUploadTime,
        );
      } catch (error) {
        // The object was replaced while its blob was being opened: read it again.
        if (!(error instanceof BlobMissing)) throw error;
        if (isRetry) throw objectNotFound();
      }
    }
  }
}
