import { expect, test } from 'bun:test';
import { Blocks } from '../../src/core/content/blocks.ts';
import { newHashId } from '../../src/core/ids.ts';
import { Removals } from '../../src/core/operation/removals.ts';
import { OutcomeUnknown } from '../../src/core/outcome-unknown.ts';
import type { StoredBucket } from '../../src/core/ports/buckets/bucket-store.ts';
import type { ObjectWrites } from '../../src/core/ports/buckets/object-writes.ts';
import { noQuota } from '../ports/some-object.ts';
import { failureOf } from './failure-of.ts';
import { openFileCore } from './file-core.ts';
import { oneNode } from './one-node.ts';

async function removalsOf(
  whileDigesting: (put: (text: string) => Promise<unknown>) => Promise<unknown>,
  losesAnswers = false,
) {
  const { stores, time, account } = await openFileCore();
  const { id: accountId } = await account();
  const bucket: StoredBucket = {
    ...{ id: newHashId(), accountId, name: 'watched', isPublic: true },
    ...{ defaultTtl: null, createdAt: time.now },
  };
  await stores.buckets.insert(bucket, 1000);
  const put = (text: string) => {
    const described = { mediaType: 'text/plain', contentEncoding: null, metadata: {}, digest: null };
    const names = { id: newHashId(), key: 'key', etag: newHashId() };
    const data = Buffer.from(text);
    return stores.objectWrites.put(
      { bucket, ...described, ...names, at: time.now, expiresAt: null },
      { content: { kind: 'inline', data }, size: data.length, isText: false },
      noQuota,
      { admit: () => undefined, events: () => [], expiredEvents: () => [] },
    );
  };
  await put('first');
  const blocks = new Blocks(stores.blocks, time.clock, time.timers);
  const placement = {
    digest: async () => {
      await whileDigesting(put);
      return new Uint8Array(32);
    },
  };
  const objectWrites = {
    remove: async (...removal: Parameters<ObjectWrites['remove']>) => {
      const removed = await stores.objectWrites.remove(...removal);
      if (losesAnswers) throw new OutcomeUnknown();
      return removed;
    },
  } as ObjectWrites;
  const deps = { ...stores, objectWrites, blocks, placement, staleness: oneNode };
  const removals = new Removals(deps, time.clock);
  const remove = () => removals.remove({ kind: 'object', bucket: 'watched', key: 'key' }, true);
  const read = async () => (await stores.objects.findByKey(bucket.id, 'key'))?.size;
  return { remove, read, blocked: () => stores.blocks.any() };
}

test('an object that is replaced while it is taken down stays, and the bytes that it had are blocked', async () => {
  const { remove, read, blocked } = await removalsOf((put) => put('second'));
  expect((await failureOf(remove)).code).toBe('precondition_failed');
  expect([await read(), await blocked()]).toEqual([6, true]);
});

test('an object whose removal has an unknown outcome is blocked', async () => {
  const { remove, read, blocked } = await removalsOf(async () => undefined, true);
  expect(await failureOf(remove)).toBeInstanceOf(OutcomeUnknown);
  expect([await read(), await blocked()]).toEqual([undefined, true]);
});

test('an object that stays the same is taken down and blocked', async () => {
  const { remove, read, blocked } = await removalsOf(async () => undefined);
  expect((await remove()).size).toBe(5);
  expect([await read(), await blocked()]).toEqual([undefined, true]);
});
