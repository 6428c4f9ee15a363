import { isExpired } from '../expiry.ts';
import { Failure } from '../failure.ts';
import { newHashId, newTimedId } from '../ids.ts';
import type { Publish } from '../journaled-write.ts';
import type { AccountStore, StoredAccount } from '../ports/account-store.ts';
import type { StoredBucket } from '../ports/bucket-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { PlacedContent } from '../ports/content.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { NewObject, ObjectWrites, Written } from '../ports/object-writes.ts';
import type { admission } from './admission.ts';
import { telling } from './object-events.ts';

/** An object to be, before its bytes are here. */
export type ObjectDraft = Pick<
  NewObject,
  'bucket' | 'key' | 'mediaType' | 'contentEncoding' | 'metadata' | 'digest'
> & {
  /** When it expires that is written at `now` (ms since the epoch). */
  expiryAt: (now: number) => number | null;
};

type PublicationStores = { objects: ObjectStore; writes: ObjectWrites; accounts: AccountStore };

/** Makes objects of content that has found its place. */
export class Publication {
  readonly #stores: PublicationStores;
  readonly #clock: Clock;

  constructor(stores: PublicationStores, clock: Clock) {
    this.#stores = stores;
    this.#clock = clock;
  }

  /** Its time begins when its bytes are here. */
  of(
    { expiryAt, ...draft }: ObjectDraft,
    admit: (size: number) => ReturnType<typeof admission>,
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
      return this.#stores.writes.put(object, placed, {
        admit: admit(placed.size),
        tell: telling(at, 'object.created'),
        tellExpired: telling(at, 'object.expired'),
        seal,
      });
    };
  }

  /** Refuses what could not be stored before its bytes come. The transaction that stores it judges once more. */
  async look(
    account: StoredAccount,
    bucket: StoredBucket,
    key: string,
    admit: ReturnType<typeof admission>,
  ): Promise<void> {
    const current = (await this.#stores.objects.findByKey(bucket.id, key)) ?? undefined;
    const usage = await this.#stores.accounts.usage(account.id);
    admit({
      current: isExpired(current?.expiresAt, this.#clock()) ? undefined : current,
      released: { bytes: current?.size ?? 0, objects: current ? 1 : 0 },
      held: () => ({
        bytes: usage.storedBytes + usage.reservedBytes,
        objects: usage.storedObjects + usage.reservedObjects,
      }),
    });
  }
}

export function objectNotFound(): Failure {
  return new Failure('not_found', 'There is no such object, or it has expired');
}
