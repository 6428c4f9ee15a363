import { describe, expect, test } from 'bun:test';
import { Readers } from '../../src/core/content/readers.ts';
import { newHashId } from '../../src/core/ids.ts';
import { Sweeper } from '../../src/core/operation/sweeper.ts';
import { DiskBlobStore } from '../../src/stores/blobs/disk.ts';
import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { FailingBlobs } from './failing-blobs.ts';
import { SettableTime } from './settable-time.ts';

/** How long a blob that is read during a sweep waits for the next try (ms). */
const heldRetry = 5000;

describe('readers', () => {
  test('hold what they read, each key until its last reader releases it', () => {
    const readers = new Readers();
    expect(readers.isHeld('a')).toBe(false);
    const one = readers.hold(['a', 'b']);
    const two = readers.hold(['b', 'c']);
    expect(['a', 'b', 'c', 'd'].map((key) => readers.isHeld(key))).toEqual([true, true, true, false]);
    one();
    expect(['a', 'b', 'c'].map((key) => readers.isHeld(key))).toEqual([false, true, true]);
    two();
    expect(['a', 'b', 'c'].map((key) => readers.isHeld(key))).toEqual([false, false, false]);
  });

  test('release once, however often they call release', () => {
    const readers = new Readers();
    const one = readers.hold(['a']);
    const two = readers.hold(['a']);
    one();
    one();
    expect(readers.isHeld('a')).toBe(true);
    two();
    expect(readers.isHeld('a')).toBe(false);
  });

  test('that read a key twice hold it until they release it', () => {
    const readers = new Readers();
    const release = readers.hold(['a', 'a']);
    expect(readers.isHeld('a')).toBe(true);
    release();
    expect(readers.isHeld('a')).toBe(false);
  });
});

describe('a sweep', () => {
  async function opened() {
    const time = new SettableTime();
    const stores = openTemporaryStores();
    const blobs = new FailingBlobs(await DiskBlobStore.open(temporaryDirectory('blobs')));
    const readers = new Readers();
    const sweeper = new Sweeper({ ...stores, blobs, readers }, time.clock, time.timers);
    const discarded = async () => {
      const key = newHashId();
      await stores.journal.reserve(key, time.now, 60_000);
      await blobs.write(key, [Buffer.from('some bytes')] as unknown as AsyncIterable<Uint8Array>);
      await stores.journal.discard(key, time.now);
      return key;
    };
    const textOf = async (key: string) => new Response(await blobs.open(key)).text();
    return { time, stores, blobs, readers, sweeper, discarded, textOf };
  }

  test('leaves a blob that is being read, without a failure, and removes it later', async () => {
    const { time, stores, blobs, readers, sweeper, discarded, textOf } = await opened();
    const read = await discarded();
    const others = [await discarded(), await discarded()];
    const release = readers.hold([read]);
    expect(await sweeper.run()).toMatchObject({ blobs: 2, failures: 0 });
    expect(blobs.removals.toSorted()).toEqual(others.toSorted());
    expect(await textOf(read)).toBe('some bytes');
    time.now += heldRetry;
    expect(await sweeper.run()).toMatchObject({ blobs: 0, failures: 0 });
    release();
    // It waits for its retry, however soon it was released.
    time.now += heldRetry - 1;
    expect(await sweeper.run()).toMatchObject({ blobs: 0, failures: 0 });
    time.now += 1;
    expect(await sweeper.run()).toMatchObject({ blobs: 1, failures: 0 });
    await expect(blobs.open(read)).rejects.toThrow('blob missing');
    expect(await stores.journal.count()).toBe(0);
  });

  test('continues with all others, however many are being read', async () => {
    const { stores, readers, sweeper, discarded } = await opened();
    const read = await Promise.all(Array.from({ length: 70 }, discarded));
    readers.hold(read);
    await Promise.all(Array.from({ length: 10 }, discarded));
    expect(await sweeper.run()).toMatchObject({ blobs: 10, failures: 0 });
    expect(await stores.journal.count()).toBe(70);
  });
});
