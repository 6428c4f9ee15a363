import { invalid } from '../failure.ts';
import { cursorScopes, maxListed, type PageRequest, readPage } from '../paging.ts';
import type { StoredBucket } from '../ports/buckets/bucket-store.ts';
import type { ObjectStore, StoredObject } from '../ports/buckets/object-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Signer } from '../signing.ts';
import { requireStorable } from '../storable-text.ts';
import { endOfPrefix, justAfter } from './object-key.ts';

type KeyListRequest = PageRequest & { prefix?: string; delimiter?: string };

/** A page of a bucket. `commonPrefixes` is set if the request has a delimiter. */
type KeyPage = { objects: StoredObject[]; commonPrefixes?: string[]; cursor: string | null };

/** An entry of a page: an object, or the common prefix of several keys. */
type Entry = { object: StoredObject } | { commonPrefix: string };

/** The maximum length of a key prefix and a delimiter, the same as of a key (bytes). */
const maxFilterLength = 1024;

/** Lists the objects of a bucket in the byte order of their keys. */
export class ObjectLists {
  readonly #store: ObjectStore;
  readonly #signer: Signer;
  readonly #clock: Clock;

  constructor(store: ObjectStore, signer: Signer, clock: Clock) {
    this.#store = store;
    this.#signer = signer;
    this.#clock = clock;
  }

  /**
   * A page of a bucket. Keys that contain the delimiter after the key prefix are grouped into one common prefix, as in
   * S3. A cursor stays valid while objects are added and removed.
   *
   * @throws Failure `invalid`
   */
  async list(bucket: StoredBucket, request: KeyListRequest): Promise<KeyPage> {
    const { prefix = '', delimiter = '' } = request;
    requireFilter('prefix', prefix);
    requireFilter('delimiter', delimiter);
    const { entries, cursor } = await readPage<Entry>(this.#signer, request, {
      scope: cursorScopes.objects(bucket.id, prefix, delimiter),
      maxLimit: maxListed,
      read: (start = prefix, count) => this.#entries(bucket.id, start, prefix, delimiter, count),
      positionAfter,
    });
    return {
      objects: entries.flatMap((entry) => ('object' in entry ? [entry.object] : [])),
      ...(delimiter !== '' && {
        commonPrefixes: entries.flatMap((entry) => ('commonPrefix' in entry ? [entry.commonPrefix] : [])),
      }),
      cursor,
    };
  }

  async #entries(
    bucketId: string,
    start: string,
    prefix: string,
    delimiter: string,
    limit: number,
  ): Promise<Entry[]> {
    const end = endOfPrefix(prefix);
    const now = this.#clock();
    const entries: Entry[] = [];
    let from: string | undefined = start;
    // With a delimiter, start with small reads: what was read beyond a common prefix is discarded.
    let batchSize = delimiter === '' ? limit : 1;
    while (from !== undefined && entries.length < limit) {
      const wanted = Math.min(batchSize, limit - entries.length);
      const objects = await this.#store.listByKey(bucketId, from, end, now, wanted);
      const last = objects.at(-1);
      from = objects.length === wanted && last ? justAfter(last.key) : undefined;
      batchSize *= 2;
      for (const object of objects) {
        const commonPrefix = commonPrefixOf(object.key, prefix, delimiter);
        if (commonPrefix === undefined) entries.push({ object });
        else {
          // Skip all other keys with this prefix.
          entries.push({ commonPrefix });
          from = endOfPrefix(commonPrefix);
          batchSize = 1;
          break;
        }
      }
    }
    return entries;
  }
}

/** The key up to and including the first delimiter after the key prefix; undefined if there is none. */
function commonPrefixOf(key: string, prefix: string, delimiter: string): string | undefined {
  const index = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return index === -1 ? undefined : key.slice(0, index + delimiter.length);
}

/** The smallest key that can follow an entry; undefined if none can. */
function positionAfter(entry: Entry): string | undefined {
  return 'object' in entry ? justAfter(entry.object.key) : endOfPrefix(entry.commonPrefix);
}

function requireFilter(name: string, text: string): void {
  if (Buffer.byteLength(text) > maxFilterLength || !text.isWellFormed())
    throw invalid(name, `must be at most ${maxFilterLength} bytes of UTF-8`);
  requireStorable(name, text);
}
