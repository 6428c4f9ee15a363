import type { Publish } from '../content/journaled-write.ts';
import { isExpired } from '../expiry.ts';
import { Failure } from '../failure.ts';
import { requireRoomInQuota, requireWithinQuota } from '../files/quotas.ts';
import { newHashId, newTimedId } from '../ids.ts';
import type { AccountStore } from '../ports/accounts/account-store.ts';
import type { StoredBucket } from '../ports/buckets/bucket-store.ts';
import type { ObjectStore } from '../ports/buckets/object-store.ts';
import type { NewObject, ObjectWrites, Written } from '../ports/buckets/object-writes.ts';
import type { Clock } from '../ports/clock.ts';
import type { PlacedContent } from '../ports/content/content.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { Quota } from '../ports/limits/quota.ts';
import { type Conditions, requireConditions } from './conditions.ts';
import { eventsAbout } from './object-events.ts';

/** A new object whose bytes have not arrived. */
export type ObjectDraft = Pick<
  NewObject,
  'bucket' | 'key' | 'mediaType' | 'contentEncoding' | 'metadata' | 'digest'
> & {
  /** The expiry of the object if it is written at `now` (ms since the epoch). */
  expiryAt: (now: number) => number | null;
};

/** What must hold for an object to be stored. */
type PublicationTerms = { quota: Quota; conditions: Conditions };

type ObjectPublisherStores = { objects: ObjectStore; writes: ObjectWrites; accounts: AccountStore };

/** Turns placed content into objects. */
export class ObjectPublisher {
  readonly #stores: ObjectPublisherStores;
  readonly #clock: Clock;

  constructor(stores: ObjectPublisherStores, clock: Clock) {
    this.#stores = stores;
    this.#clock = clock;
  }

  /** Makes the callback for `Placement`. The TTL of the object starts when its bytes have arrived. */
  of(
    { expiryAt, ...draft }: ObjectDraft,
    { quota, conditions }: PublicationTerms,
    seal: Seal<Written> | undefined,
  ): Publish<Written> {
    return async (placed: PlacedContent) => {
      const at = this.#clock();
      const object: NewObject = {
        ...draft,
        // Ids sort by time, so that their index grows at its end.
        id: newTimedId(at),
        etag: newHashId(),
        at,
        expiresAt: expiryAt(at),
      };
      const outcome = await this.#stores.writes.put(object, placed, quota, {
        admit: (current) => requireConditions(conditions, current),
        events: eventsAbout(at, 'object.created'),
        expiredEvents: eventsAbout(at, 'object.expired'),
        seal,
      });
      return requireWithinQuota(outcome, quota);
    };
  }

  /** Rejects an object early, before its bytes arrive. The transaction that stores it checks again. */
  async precheck(
    { id, accountId }: StoredBucket,
    key: string,
    size: number,
    { quota, conditions }: PublicationTerms,
  ): Promise<void> {
    const found = await this.#stores.objects.findByKey(id, key);
    requireConditions(conditions, isExpired(found?.expiresAt, this.#clock()) ? undefined : found);
    if (quota.maxStoredBytes === null && quota.maxObjects === null) return;
    const { storedBytes, reservedBytes, storedObjects, reservedObjects } =
      await this.#stores.accounts.usage(accountId);
    const used = { bytes: storedBytes + reservedBytes, objects: storedObjects + reservedObjects };
    requireRoomInQuota(quota, used, { bytes: size - (found?.size ?? 0), objects: found ? 0 : 1 });
  }
}

export function objectNotFound(): Failure {
  return new Failure('not_found', 'There is no such object, or it has expired');
}
