import type { StoredCredential } from '../../core/ports/account-store.ts';
import type { StoredBucket } from '../../core/ports/bucket-store.ts';
import type { ObjectContent } from '../../core/ports/content.ts';
import type { StoredObject } from '../../core/ports/object-store.ts';
import type { StoredPayload } from '../../core/ports/payload-store.ts';
import type { Plan } from '../../core/ports/plan-store.ts';
import type { Connection } from './database/connection.ts';
import { ForeignWrites } from './database/foreign-writes.ts';
import { RowCache } from './database/row-cache.ts';

/** Bytes of content that are kept in memory, of payloads and of objects each. */
const maxContentBytes = 16 * 1024 * 1024;
/** Larger content is not worth what it would push out (bytes). */
const maxContentSize = 32 * 1024;
/** What an entry takes beside its content (bytes, roughly). */
const overhead = 512;

/** An object that was read, with its bytes where those lie in the database. */
export type ReadObject = { object: StoredObject; content: ObjectContent };

/** Webhooks that are told of events of an account. */
export type Listening = { webhooks: { id: string; events: string[] }[] };

/** What an operator said of a plan, or that nothing was. */
export type FoundPlan = { plan: Plan | undefined };

/** Everything that is kept in memory of what was read lately. */
export function createCaches({ raw }: Connection) {
  const foreign = new ForeignWrites(raw);
  const bySize = { most: maxContentBytes, largest: maxContentSize };
  const byNumber = { most: 10_000, largest: 1, sizeOf: () => 1 };
  return {
    payloads: new RowCache<StoredPayload>(foreign, { ...bySize, sizeOf: ({ size }) => size + overhead }),
    objects: new RowCache<ReadObject>(foreign, { ...bySize, sizeOf: sizeOfObject }),
    /** By the hash of the secret, in hex. */
    credentials: new RowCache<StoredCredential>(foreign, byNumber),
    buckets: new RowCache<StoredBucket>(foreign, byNumber),
    /** By the account. */
    listening: new RowCache<Listening>(foreign, byNumber),
    plans: new RowCache<FoundPlan>(foreign, byNumber),
  };
}

export type Caches = ReturnType<typeof createCaches>;

/** What an object is kept by: no bucket's id holds a slash. */
export function objectCacheKey(bucketId: string, key: string): string {
  return `${bucketId}/${key}`;
}

function sizeOfObject({ object, content }: ReadObject): number {
  const held = content.kind === 'inline' ? object.size : 0;
  // As text here, and once more as the headers of an answer.
  const metadata = object.metadata === null ? 0 : 3 * JSON.stringify(object.metadata).length;
  return held + metadata + overhead + 2 * object.key.length;
}
