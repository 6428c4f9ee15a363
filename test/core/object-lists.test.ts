import { describe, expect, test } from 'bun:test';
import { ObjectLists } from '../../src/core/buckets/object-lists.ts';
import { newHashId } from '../../src/core/ids.ts';
import type { ObjectStore } from '../../src/core/ports/buckets/object-store.ts';
import { Signer } from '../../src/core/signing.ts';
import { noQuota } from '../ports/some-object.ts';
import { openFileCore } from './file-core.ts';

/** Lists over a real bucket with these keys, and the number of rows that they read. */
async function listsOver(keys: string[]) {
  const { stores, time, account } = await openFileCore();
  const { id: accountId } = await account();
  const bucket = {
    id: newHashId(),
    accountId,
    name: 'listed',
    isPublic: false,
    defaultTtl: null,
    createdAt: time.now,
  };
  await stores.buckets.insert(bucket, 1000);
  const placed = {
    content: { kind: 'inline' as const, data: new Uint8Array([1]) },
    size: 1,
    isText: false,
  };
  const options = { admit: () => undefined, events: () => [], expiredEvents: () => [] };
  const described = { mediaType: 'text/plain', contentEncoding: null, metadata: {}, digest: null };
  const common = { bucket, ...described, at: time.now };
  await Promise.all(
    keys.map((key) =>
      stores.objectWrites.put(
        { ...common, id: newHashId(), key, etag: newHashId(), expiresAt: null },
        placed,
        noQuota,
        options,
      ),
    ),
  );
  const looked = { rows: 0, calls: 0 };
  const spied = Object.create(stores.objects, {
    listByKey: {
      value: async (...given: Parameters<ObjectStore['listByKey']>) => {
        const rows = await stores.objects.listByKey(...given);
        looked.rows += rows.length;
        looked.calls += 1;
        return rows;
      },
    },
  }) as ObjectStore;
  const lists = new ObjectLists(spied, new Signer('the secret of this test'), time.clock);
  return { lists, bucket, looked };
}

const numbered = <Made>(count: number, key: (index: string) => Made): Made[] =>
  Array.from({ length: count }, (_, index) => key(String(index).padStart(4, '0')));

describe('a list with a delimiter reads few rows', () => {
  test.each([
    ['each with a different key prefix', numbered(2000, (index) => `d${index}/x`), 1000],
    ['that are all objects', numbered(2000, (index) => `o${index}`), 1000],
    ['objects and beginnings by turns', numbered(1000, (index) => [`k${index}`, `k${index}/x`]).flat(), 1000],
    [
      'many with each key prefix',
      numbered(20, (index) => numbered(100, (other) => `d${index}/${other}`)).flat(),
      20,
    ],
  ] as [string, string[], number][])('%s', async (_, keys, expected) => {
    const { lists, bucket, looked } = await listsOver(keys);
    const { objects, commonPrefixes = [] } = await lists.list(bucket, { delimiter: '/', limit: 1000 });
    const entries = objects.length + commonPrefixes.length;
    expect(entries).toBe(expected);
    expect(looked.rows).toBeLessThanOrEqual(3 * entries);
    expect(looked.calls).toBeLessThanOrEqual(2 * entries);
  });

  test('on every list page, and all pages together list everything once', async () => {
    const keys = [
      ...numbered(120, (index) => `d${index}/x`),
      ...numbered(120, (index) => `e${index}`),
      ...numbered(120, (index) => `f/${index}`),
    ];
    const { lists, bucket, looked } = await listsOver(keys);
    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await lists.list(bucket, {
        delimiter: '/',
        limit: 50,
        ...(cursor !== undefined && { cursor }),
      });
      found.push(...page.objects.map(({ key }) => key), ...(page.commonPrefixes ?? []));
      cursor = page.cursor;
    }
    const expected = [
      ...numbered(120, (index) => `d${index}/`),
      ...numbered(120, (index) => `e${index}`),
      'f/',
    ];
    expect(found.sort()).toEqual(expected.sort());
    expect(looked.rows).toBeLessThanOrEqual(3 * expected.length);
  });
});
