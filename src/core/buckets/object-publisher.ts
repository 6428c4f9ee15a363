import type { Publish } from '../content/journaled-write.ts';
import { isExpired } from '../expiry.ts';
import { Failure } from '../failure.ts';
import { requireRoomInQuota, requireWithinQuota } from '../files/quotas.ts';
import { newHashId, newTimedId } from '../ids.ts';
import type { AccountStore } from '../ports/account-store.ts';
import type { StoredBucket } from '../ports/bucket-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { PlacedContent } from '../ports/content.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { NewObject, ObjectWrites, Written } from '../ports/object-writes.ts';
import type { Quota } from '../ports/quota.ts';
import { type Conditions, requireConditions } from './conditions.ts';
import { eventsAbout } from './object-events.ts';

/** An object to be, before its bytes are here. */
export type ObjectDraft = Pick<
  NewObject,
  'bucket' | 'key' | 'mediaType' | 'contentEncoding' | 'metadata' | 'digest'
> & {
  /** When it expires that is written at `now` (ms since the epoch). */
  expiryAt: (now: number) => number | null;
};

/** What an object must satisfy to be stored. */
type PublicationTerms = { quota: Quota; conditions: Conditions };

type ObjectPublisherStores = { objects: ObjectStore; writes: ObjectWrites; accounts: AccountStore };

/** Makes objects of content that has found its place. */
export class ObjectPublisher {
  readonly #stores: ObjectPublisherStores;
  readonly #clock: Clock;

  constructor(stores: ObjectPublisherStores, clock: Clock) {
    this.#stores = stores;
    this.#clock = clock;
  }

  /** Its time begins when its bytes are here. */
  of(
    { expiryAt, ...draft }: ObjectDraft,
    { quota, conditions }: PublicationTerms,
    seal: Seal<Written> | undefined,
  ): Publish<Written> {
    return async (placed: PlacedContent) => {
      const at = this.#clock();
      const object: NewObject = {
        ...draft,
        // By time: the index on ids grows at its end.
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

  /** Refuses what could not be stored before its bytes come. The transaction that stores it judges once more. */
  async look(
    { id, accountId }: StoredBucket,
    key: string,
    size: number,
    { quota, conditions }: PublicationTerms,
  ): Promise<void> {
    const found = await this.#stores.objects.findByKey(id, key);
    requireConditions(conditions, isExpired(found?.expiresAt, this.#clock()) ? undefined : found);
    const { storedBytes, reservedBytes, storedObjects, reservedObjects } =
      await this.#stores.accounts.usage(accountId);
    const held = { bytes: storedBytes + reservedBytes, objects: storedObjects + reservedObjects };
    requireRoomInQuota(quota, held, { bytes: size - (found?.size ?? 0), objects: found ? 0 : 1 });
  }
}

export function objectNotFound(): Failure {
  return new Failure('not_found', 'There is no such object, or it has expired');
}
