import type { Plans } from '../accounts/plans.ts';
import type { Placement } from '../content/placement.ts';
import { endOf } from '../expiry.ts';
import type { Idempotency, IdempotentRequest, Outcome } from '../idempotency.ts';
import type { StoredAccount } from '../ports/account-store.ts';
import { BlobMissing } from '../ports/blob-store.ts';
import type { Written } from '../ports/object-writes.ts';
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
  idempotency: Idempotency;
  /** How long a copy in the blob store may go on when we have given it up (ms). */
  maxUploadTime: number;
};

/** Copies of objects, within a bucket or into another of the account. */
export class ObjectCopies {
  readonly #deps: ObjectCopiesDeps;

  constructor(deps: ObjectCopiesDeps) {
    this.#deps = deps;
  }

  /**
   * Copies an object, with all that it was put with but its conditions. It expires as the original does, or as
   * the bucket has it where that does not.
   *
   * @throws Failure as `put` and `read`
   */
  copy(
    account: StoredAccount,
    source: { bucketName: string; key: string },
    destination: { bucketName: string; key: string; conditions: Conditions },
    once?: IdempotentRequest,
  ): Promise<Outcome<Written>> {
    return this.#deps.idempotency.once(once, async (seal) => {
      const from = await this.#deps.buckets.find(account, source.bucketName);
      const to = await this.#deps.buckets.find(account, destination.bucketName);
      const key = requireNewKey(destination.key);
      const terms = { quota: await this.#deps.plans.find(account.plan), conditions: destination.conditions };
      for (let isAgain = false; ; isAgain = true) {
        const { object, content } = await this.#deps.objects.read(from, source.key);
        await this.#deps.publisher.look(to, key, object.size, terms);
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
          // It was replaced while it was being opened: then there is another one.
          if (!(error instanceof BlobMissing)) throw error;
          if (isAgain) throw objectNotFound();
        }
      }
    });
  }
}
