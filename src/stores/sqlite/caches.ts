import type { StoredCredential } from '../../core/ports/account-store.ts';
import type { StoredBucket } from '../../core/ports/bucket-store.ts';
import type { ObjectContent } from '../../core/ports/content.ts';
import type { StoredObject } from '../../core/ports/object-store.ts';
import type { StoredPayload } from '../../core/ports/payload-store.ts';
import type { Plan } from '../../core/ports/plan-store.ts';
import type { Connection } from './database/connection.ts';
import { ForeignWrites } from './database/foreign-writes.ts';
import { RowCache } from './database/row-cache.ts';

/** Maximum bytes of cached content, for payloads and for objects each. */
const maxContentBytes = 16 * 1024 * 1024;
/** Larger content (bytes) is not cached: it would evict too many entries. */
const maxContentSize = 32 * 1024;
/** Approximate bytes of an entry without its content. */
const overhead = 512;

/** An object, with its bytes if they are inline. */
export type ReadObject = { object: StoredObject; content: ObjectContent };

/** The active webhooks of an account, and their events. */
export type Listening = { webhooks: { id: string; events: string[] }[] };

/** The limits that the operator set for a plan, or undefined if there are none. */
export type FoundPlan = { plan: Plan | undefined };

/** The caches of rows that were read recently. */
export function createCaches({ raw }: Connection) {
  const foreign = new ForeignWrites(raw);
  const bySize = { most: maxContentBytes, largest: maxContentSize };
  const byNumber = { most: 10_000, largest: 1, sizeOf: () => 1 };
  return {
    payloads: new RowCache<StoredPayload>(foreign, { ...bySize, sizeOf: ({ size }) => size + overhead }),
    objects: new RowCache<ReadObject>(foreign, { ...bySize, sizeOf: sizeOfObject }),
    /** Keyed by the hash of the secret. */
    credentials: new RowCache<StoredCredential>(foreign, byNumber),
    buckets: new RowCache<StoredBucket>(foreign, byNumber),
    /** Keyed by the account. */
    listening: new RowCache<Listening>(foreign, byNumber),
    plans: new RowCache<FoundPlan>(foreign, byNumber),
  };
}

export type Caches = ReturnType<typeof createCaches>;

/** The cache key of an object. The id of a bucket never contains a slash. */
export function objectCacheKey(bucketId: string, key: string): string {
  return `${bucketId}/${key}`;
}

function sizeOfObject({ object, content }: ReadObject): number {
  const held = content.kind === 'inline' ? object.size : 0;
  // As text here, and again as the headers of a response.
  const metadata = object.metadata === null ? 0 : 3 * JSON.stringify(object.metadata).length;
  return held + metadata + overhead + 2 * object.key.length;
}
