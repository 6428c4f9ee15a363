import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { FileServerOf } from '../../file-server.ts';
import {
  allKeys,
  bucketPath,
  type Client,
  call,
  done,
  list,
  newBucket,
  type ObjectPage,
  put,
  remove,
  sharedClient,
  stored,
} from '../client.ts';
import { expectError } from '../errors.ts';

const inByteOrder = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

type Query = { prefix: string; delimiter: string };
type Entry = { key: string } | { prefix: string };

/** A simple model of a list: every key with the prefix, those with the delimiter after it as one entry. */
function expected(keys: string[], { prefix, delimiter }: Query): Entry[] {
  const entries = new Map<string, Entry>();
  for (const key of keys.filter((key) => key.startsWith(prefix)).sort(inByteOrder)) {
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = key.slice(0, at + delimiter.length);
    if (at === -1) entries.set(`key ${key}`, { key });
    else entries.set(`prefix ${common}`, { prefix: common });
  }
  return [...entries.values()];
}

const keysIn = (entries: Entry[]) => entries.flatMap((entry) => ('key' in entry ? [entry.key] : []));
const prefixesIn = (entries: Entry[]) =>
  entries.flatMap((entry) => ('prefix' in entry ? [entry.prefix] : []));

/** Reads all pages and compares each with the model. */
async function expectPages(client: Client, bucket: string, keys: string[], query: Query, limit: number) {
  const entries = expected(keys, query);
  let cursor: string | null = null;
  let at = 0;
  do {
    const page: ObjectPage = await list(client, bucket, {
      ...(query.prefix && { prefix: query.prefix }),
      ...(query.delimiter && { delimiter: query.delimiter }),
      ...(cursor !== null && { cursor }),
      limit: String(limit),
    });
    const wanted = entries.slice(at, at + limit);
    expect({
      keys: page.data.map(({ key }) => key),
      prefixes: page.commonPrefixes,
      isLast: page.nextCursor === null,
    }).toEqual({
      keys: keysIn(wanted),
      prefixes: query.delimiter === '' ? undefined : prefixesIn(wanted),
      isLast: at + limit >= entries.length,
    });
    at += limit;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/** docs/contract/buckets.md, "Lists of objects". */
export function lists(server: FileServerOf): void {
  const bucketWith = async (keys: string[]) => {
    const client = await sharedClient(await server());
    const { name: bucket } = await newBucket(client);
    const answers = await Promise.all(keys.map((key) => put(client, bucket, key, 'x')));
    for (const { status } of answers) expect(status).toBe(201);
    return { client, bucket };
  };

  describe('a list of objects', () => {
    test('is in byte order of the keys, not in UTF-16 order', async () => {
      const keys = [
        '\uff5e',
        '😀',
        'é',
        'z',
        'Z',
        'a/b',
        'a',
        'a b',
        'a!',
        'aa',
        '~',
        '\u{10ffff}',
        '\uffff',
        '0',
      ];
      const { client, bucket } = await bucketWith(keys);
      const sorted = [...keys].sort(inByteOrder);
      expect(sorted).not.toEqual([...keys].sort());
      expect((await list(client, bucket)).data.map(({ key }) => key)).toEqual(sorted);
      for (const limit of [1, 3]) expect(await allKeys(client, bucket, limit)).toEqual(sorted);
    });

    test('has 50 entries by default, and at most 1000', async () => {
      const keys = Array.from({ length: 1001 }, (_, index) => String(index).padStart(4, '0'));
      const { client, bucket } = await bucketWith(keys);
      const first = await list(client, bucket);
      expect(first.data.map(({ key }) => key)).toEqual(keys.slice(0, 50));
      expect(await list(client, bucket, { limit: '50' })).toEqual(first);
      const most = await list(client, bucket, { limit: '1000' });
      expect(most.data).toHaveLength(1000);
      const { data, nextCursor } = await list(client, bucket, { cursor: most.nextCursor ?? '' });
      expect([data.map(({ key }) => key), nextCursor]).toEqual([['1000'], null]);
    });

    test('with prefix, delimiter and cursor matches the model', async () => {
      // The special characters of SQL patterns, and characters that UTF-16 and UTF-8 order differently.
      const unit = fc.constantFrom(
        ...['a', 'A', 'b', '/', '/', '_', '%', '\\', 'é', '\ud7ff', '\ue000', '\uff5e', '😀', '\u{10ffff}'],
      );
      const text = (minLength: number, maxLength: number) => fc.string({ unit, minLength, maxLength });
      const anyKeys = fc.uniqueArray(text(1, 6), { minLength: 1, maxLength: 40 });
      const anyQuery = fc.record({
        prefix: fc.oneof(fc.constant(''), text(0, 2)),
        delimiter: fc.oneof(fc.constant('/'), fc.constant(''), text(1, 2)),
      });
      const queries = fc.array(fc.tuple(anyQuery, fc.integer({ min: 1, max: 6 })), {
        minLength: 6,
        maxLength: 6,
      });
      await fc.assert(
        fc.asyncProperty(anyKeys, queries, async (keys, asked) => {
          const { client, bucket } = await bucketWith(keys);
          for (const [query, limit] of asked) await expectPages(client, bucket, keys, query, limit);
          await expectPages(client, bucket, keys, { prefix: '', delimiter: '/' }, 1000);
        }),
        { numRuns: 15 },
      );
    });

    test('has one entry for a common prefix with many keys', async () => {
      const keys = ['deep/', 'deep', 'deep0', 'x'];
      for (let index = 0; index < 300; index += 1) keys.push(`deep/${index}`, `deep/er/${index}`);
      const { client, bucket } = await bucketWith(keys);
      const names = ({ data, commonPrefixes, nextCursor }: ObjectPage) => ({
        keys: data.map(({ key }) => key),
        commonPrefixes,
        isLast: nextCursor === null,
      });
      expect(names(await list(client, bucket, { delimiter: '/' }))).toEqual({
        keys: ['deep', 'deep0', 'x'],
        commonPrefixes: ['deep/'],
        isLast: true,
      });
      const below = await list(client, bucket, { delimiter: '/', prefix: 'deep/', limit: '1000' });
      expect([below.data.length, below.commonPrefixes]).toEqual([301, ['deep/er/']]);
      expect(names(await list(client, bucket, { delimiter: '/', prefix: 'deep' }))).toEqual({
        keys: ['deep', 'deep0'],
        commonPrefixes: ['deep/'],
        isLast: true,
      });
      expect(names(await list(client, bucket, { prefix: 'nothing', delimiter: '/' }))).toEqual({
        keys: [],
        commonPrefixes: [],
        isLast: true,
      });
    });
  });

  describe('a cursor', () => {
    test('stays valid while objects are added and deleted: the others are listed once, in order', async () => {
      const keys = Array.from({ length: 60 }, (_, index) => `k${String(index).padStart(2, '0')}`);
      const { client, bucket } = await bucketWith(keys);
      const staying = new Set(keys);
      const listed: string[] = [];
      let cursor: string | null = null;
      for (let page = 0; cursor !== null || page === 0; page += 1) {
        const { data, nextCursor }: ObjectPage = await list(client, bucket, {
          limit: '7',
          ...(cursor !== null && { cursor }),
        });
        listed.push(...data.map(({ key }) => key));
        cursor = nextCursor;
        // The last entry, at the cursor, and the next one.
        const last = listed.at(-1) ?? '';
        for (const key of [last, `k${String(Number(last.slice(1)) + 1).padStart(2, '0')}`]) {
          if (!staying.delete(key)) continue;
          await done(remove(client, bucket, key));
        }
        for (const key of ['a', `${last}-after`, listed[0] ?? ''])
          await put(client, bucket, `${key}.new`, 'x');
      }
      expect(listed).toEqual([...listed].sort(inByteOrder));
      expect(new Set(listed).size).toBe(listed.length);
      for (const key of staying) expect(listed).toContain(key);
    });

    test('at a common prefix skips all keys with it', async () => {
      const { client, bucket } = await bucketWith(['a/1', 'a/2', 'b', 'c/1', 'c/2', 'd']);
      const pages: (string | undefined)[] = [];
      let cursor: string | null = null;
      do {
        const page: ObjectPage = await list(client, bucket, {
          ...{ delimiter: '/', limit: '1' },
          ...(cursor !== null && { cursor }),
        });
        pages.push(page.data[0]?.key ?? page.commonPrefixes?.[0]);
        cursor = page.nextCursor;
        if (pages.length === 1) {
          await stored(client, bucket, 'a/3');
          await done(remove(client, bucket, 'a/1'));
        }
      } while (cursor !== null);
      expect(pages).toEqual(['a/', 'b', 'c/', 'd']);
    });
  });

  test.each([
    ...['limit=0', 'limit=1001', 'limit=-1', 'limit=x', 'limit=1.5', 'limit=10000000000000000000'],
    ...['cursor=x', 'cursor=%00', 'cursor=%F0%9F%98%80', `cursor=${'a'.repeat(3000)}`],
  ])('a list of objects refuses %s', async (query) => {
    const { client, bucket } = await bucketWith(['a', 'b']);
    const response = await call(client, 'GET', `${bucketPath(bucket)}/objects?${query}`);
    expect(await expectError(response, 'invalid_request')).toMatch(/^(limit|cursor) /);
  });

  test('an altered cursor is refused', async () => {
    const { client, bucket } = await bucketWith(['a', 'b', 'c']);
    const cursor = (await list(client, bucket, { limit: '1' })).nextCursor ?? '';
    for (const altered of [cursor.slice(0, -2), cursor.slice(2), `${cursor}AAAA`, cursor.toUpperCase()]) {
      if (altered === cursor) continue;
      const path = `${bucketPath(bucket)}/objects?cursor=${encodeURIComponent(altered)}`;
      const response = await call(client, 'GET', path);
      expect(response.status).toBeOneOf([200, 400]);
      if (response.status === 400) await expectError(response, 'invalid_request');
    }
  });
}
