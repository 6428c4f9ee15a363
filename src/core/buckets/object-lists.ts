import { invalid } from '../failure.ts';
import { cursorScopes, type PageRequest, readPage } from '../paging.ts';
import type { StoredBucket } from '../ports/bucket-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore, StoredObject } from '../ports/object-store.ts';
import type { Signer } from '../signing.ts';
import { maxListed } from './buckets.ts';
import { endOfPrefix, justAfter } from './object-key.ts';

type KeyListRequest = PageRequest & { prefix?: string; delimiter?: string };

/** A page of a bucket. `commonPrefixes` is there where a delimiter was asked for. */
type KeyPage = { objects: StoredObject[]; commonPrefixes?: string[]; cursor: string | null };

/** What a page is made of, in order: an object, or the beginning that several keys have in common. */
type Entry = { object: StoredObject } | { commonPrefix: string };

/** Neither is longer than a key may be (bytes). */
const maxFilterLength = 1024;

/** Lists of a bucket's objects by their keys, in the order of bytes. */
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
   * A page of a bucket. Keys that go on after the prefix with the delimiter somewhere are told of once, by what
   * they have in common up to it. A cursor stays good while objects are added and removed.
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
      read: (start = prefix, count) => this.#entries(bucket.id, String(start), prefix, delimiter, count),
      positionAfter: placeAfter,
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
    // After a common prefix, whatever it stands for is passed over: of what was read beyond it nothing is needed.
    let fewer = delimiter === '' ? limit : 1;
    while (from !== undefined && entries.length < limit) {
      const wanted = Math.min(fewer, limit - entries.length);
      const objects = await this.#store.listByKey(bucketId, from, end, now, wanted);
      const last = objects.at(-1);
      from = objects.length === wanted && last ? justAfter(last.key) : undefined;
      fewer *= 2;
      for (const object of objects) {
        const commonPrefix = commonPrefixOf(object.key, prefix, delimiter);
        if (commonPrefix === undefined) entries.push({ object });
        else {
          // Others that begin so are passed over, however many there are.
          entries.push({ commonPrefix });
          from = endOfPrefix(commonPrefix);
          fewer = 1;
          break;
        }
      }
    }
    return entries;
  }
}

/** Up to the first delimiter after the prefix, with it; undefined where there is none. */
function commonPrefixOf(key: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : key.slice(0, at + delimiter.length);
}

/** Where the entries begin that come after this one; undefined where none can. */
function placeAfter(entry: Entry): string | undefined {
  return 'object' in entry ? justAfter(entry.object.key) : endOfPrefix(entry.commonPrefix);
}

function requireFilter(name: string, text: string): void {
  if (Buffer.byteLength(text) > maxFilterLength || !text.isWellFormed())
    throw invalid(name, `must be at most ${maxFilterLength} bytes of UTF-8`);
}
