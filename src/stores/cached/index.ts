import type { StoredCredential } from '../../core/ports/accounts/account-store.ts';
import type { Plan } from '../../core/ports/accounts/plan-store.ts';
import type { StoredBucket } from '../../core/ports/buckets/bucket-store.ts';
import type { ReadObject } from '../../core/ports/buckets/object-store.ts';
import { type CachedTable, objectRowKey } from '../../core/ports/changes.ts';
import { andThen } from '../../core/ports/maybe-promise.ts';
import type { StoredPayload } from '../../core/ports/payload-store.ts';
import type { Stores } from '../../core/ports/stores.ts';
import { type CacheBounds, type Freshness, ReadCache } from './read-cache.ts';

/** Bytes of cached content, for payloads and for objects each. */
const bySize = { maxSize: 16 * 1024 * 1024, maxRowSize: 32 * 1024 };
const byNumber = { maxSize: 10_000, maxRowSize: 1, sizeOf: () => 1 };
/** Approximate bytes of a row without its content. */
const overhead = 512;

/** The limits that the operator set for a plan, or undefined if there are none. */
type FoundPlan = { plan: Plan | undefined };

/** The tables whose rows may be older than a change on another machine. */
export const agingTables = ['payloads', 'credentials', 'plans'] as const satisfies CachedTable[];

type CacheOptions = Partial<Omit<Freshness, 'changes'>> & {
  /** Whether objects and buckets are cached too (the default). They must not be older than the last change. */
  objects?: boolean;
};

/**
 * The stores with caches for the rows that most requests read. A cached row is returned without a promise. Objects and
 * buckets are cached only if no other machine changes them, since a reader may expect what was just written.
 *
 * @param options For a database that other machines write to, set `maxAge` (ms), and set `objects` to false.
 */
export function cached(
  stores: Stores,
  { objects: hasObjects = true, ...options }: CacheOptions = {},
): Stores {
  const freshness = { now: () => performance.now(), ...options, changes: stores.changes };
  const cacheOf: CacheOf = (table, bounds) => new ReadCache(table, bounds, freshness);
  const payloads = cacheOf<StoredPayload>('payloads', {
    ...bySize,
    sizeOf: ({ size }) => size + overhead,
    // Each read changes a row with counted reads.
    isCacheable: ({ content, readsLeft }) => content.kind === 'inline' && readsLeft === null,
  });
  const credentials = cacheOf<StoredCredential>('credentials', byNumber);
  const plans = cacheOf<FoundPlan>('plans', byNumber);
  return {
    ...stores,
    ...(hasObjects && cachedObjects(stores, cacheOf)),
    payloads: withReads(stores.payloads, {
      find: (id) => payloads.get(id) ?? payloads.load(id, () => stores.payloads.find(id)),
    }),
    accounts: withReads(stores.accounts, {
      findCredential(hash) {
        const key = asText(hash);
        return credentials.get(key) ?? credentials.load(key, () => stores.accounts.findCredential(hash));
      },
    }),
    plans: withReads(stores.plans, {
      find(name) {
        const read = () => andThen(stores.plans.find(name), (plan): FoundPlan => ({ plan }));
        return andThen(plans.get(name) ?? plans.load(name, read), (found) => found?.plan);
      },
    }),
  };
}

type CacheOf = <Row extends object>(table: CachedTable, bounds: CacheBounds<Row>) => ReadCache<Row>;

function cachedObjects(stores: Stores, cacheOf: CacheOf): Pick<Stores, 'objects' | 'buckets'> {
  const objects = cacheOf<ReadObject>('objects', {
    ...bySize,
    sizeOf: sizeOfObject,
    // A list of parts may be too long.
    isCacheable: ({ content }) => content.kind !== 'parts',
  });
  const buckets = cacheOf<StoredBucket>('buckets', byNumber);
  return {
    objects: withReads(stores.objects, {
      read(bucketId, key) {
        const rowKey = objectRowKey(bucketId, key);
        return objects.get(rowKey) ?? objects.load(rowKey, () => stores.objects.read(bucketId, key));
      },
    }),
    buckets: withReads(stores.buckets, {
      find: (name) => buckets.get(name) ?? buckets.load(name, () => stores.buckets.find(name)),
    }),
  };
}

/**
 * A port with other reads. Its own methods still run on the store, which has private fields. The class of a store must
 * not inherit methods: they would be missing.
 */
function withReads<Port extends object>(store: Port, reads: Partial<Port>): Port {
  const port = { ...store } as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(store))) {
    const method = (store as Record<string, unknown>)[name];
    if (name !== 'constructor' && typeof method === 'function') port[name] = method.bind(store);
  }
  return Object.assign(port, reads) as Port;
}

/** One character for each byte. */
function asText(hash: Uint8Array): string {
  const buffer = Buffer.isBuffer(hash) ? hash : Buffer.from(hash);
  return buffer.toString('latin1');
}

function sizeOfObject({ object, content }: ReadObject): number {
  const held = content.kind === 'inline' ? object.size : 0;
  // As text here, and again as the headers of a response.
  const metadata = object.metadata === null ? 0 : 3 * JSON.stringify(object.metadata).length;
  return held + metadata + overhead + 2 * object.key.length;
}
