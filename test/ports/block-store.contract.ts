import { afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import type { BlockStore } from '../../src/core/ports/content/block-store.ts';
import { type Connections, closedAfterSuite, connect, type Open } from './opened.ts';
import { race } from './race.ts';

type Stores = { blocks: BlockStore };

const now = Date.UTC(2025, 2, 1);

const hashOf = (text: string): Uint8Array => createHash('sha256').update(text).digest();
const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');

/** The contract of every store of blocked content (`src/core/ports/content/block-store.ts`). */
export function blockStoreContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let blocks: BlockStore;
    let connections: Connections<Stores>;
    beforeAll(async () => {
      connections = await connect(openStores, 2);
      const [stores] = connections;
      blocks = stores.blocks;
    });
    afterEach(async () => {
      for (const { hash } of await blocks.list()) await blocks.remove(hash);
    });

    const listed = async (store = blocks) =>
      (await store.list()).map(({ hash, createdAt }) => ({ hash: hex(hash), createdAt }));

    test('nothing is blocked at first', async () => {
      expect(await blocks.any()).toBe(false);
      expect(await blocks.list()).toEqual([]);
      expect(await blocks.has(hashOf('a'))).toBe(false);
    });

    test('a hash that was added is blocked, and no other hash is', async () => {
      const hash = hashOf('a');
      await blocks.add(hash, now);
      expect(await blocks.any()).toBe(true);
      expect(await blocks.has(Uint8Array.from(hash))).toBe(true);
      const oneBitOff = Uint8Array.from(hash);
      oneBitOff[31] = (oneBitOff[31] ?? 0) ^ 1;
      for (const other of [oneBitOff, hash.subarray(0, 31), new Uint8Array(0), new Uint8Array(32)])
        expect(await blocks.has(other)).toBe(false);
    });

    test('hashes are listed in the order in which they were added, with the time of each', async () => {
      const added = ['b', 'a', 'c'].map((text, n) => ({ hash: hashOf(text), createdAt: now + n }));
      for (const { hash, createdAt } of added) await blocks.add(hash, createdAt);
      expect(await listed()).toEqual(added.map(({ hash, createdAt }) => ({ hash: hex(hash), createdAt })));
    });

    test('adding a hash that is blocked changes nothing', async () => {
      await blocks.add(hashOf('a'), now);
      await blocks.add(hashOf('b'), now + 1);
      await blocks.add(hashOf('a'), now + 2);
      expect(await listed()).toEqual([
        { hash: hex(hashOf('a')), createdAt: now },
        { hash: hex(hashOf('b')), createdAt: now + 1 },
      ]);
    });

    test('a hash that was removed is not blocked, and the others stay blocked', async () => {
      await blocks.add(hashOf('a'), now);
      await blocks.add(hashOf('b'), now);
      expect(await blocks.remove(hashOf('a'))).toBe(true);
      expect(await blocks.remove(hashOf('a'))).toBe(false);
      expect(await blocks.remove(hashOf('unknown'))).toBe(false);
      expect([await blocks.has(hashOf('a')), await blocks.has(hashOf('b'))]).toEqual([false, true]);
      expect(await blocks.remove(hashOf('b'))).toBe(true);
      expect(await blocks.any()).toBe(false);
    });

    test('a hash that is blocked again after its removal has the new time', async () => {
      await blocks.add(hashOf('a'), now);
      await blocks.remove(hashOf('a'));
      await blocks.add(hashOf('a'), now + 5);
      expect(await listed()).toEqual([{ hash: hex(hashOf('a')), createdAt: now + 5 }]);
    });

    test('a hash that 16 callers add at once is listed once, with the time of one of them', async () => {
      await race(connections, (stores, caller) => stores.blocks.add(hashOf('a'), now + caller));
      const [first, ...others] = await listed();
      expect(others).toEqual([]);
      expect(first?.hash).toBe(hex(hashOf('a')));
      expect(first?.createdAt).toBeWithin(now, now + 16);
      await blocks.add(hashOf('a'), now + 100);
      expect(await listed()).toEqual(first ? [first] : []);
    });

    test('16 hashes that are added at once are all listed', async () => {
      await race(connections, (stores, caller) => stores.blocks.add(hashOf(`${caller}`), now + caller));
      const expected = Array.from({ length: 16 }, (_, n) => ({
        hash: hex(hashOf(`${n}`)),
        createdAt: now + n,
      }));
      expect(await listed()).toEqual(expected);
    });

    test('of 16 callers who remove a hash at once, one removes it', async () => {
      await blocks.add(hashOf('a'), now);
      const removed = await race(connections, (stores) => stores.blocks.remove(hashOf('a')));
      expect(removed.filter(Boolean)).toHaveLength(1);
      expect(await blocks.any()).toBe(false);
    });

    test('another process has a block, and its removal, as soon as they are acknowledged', async () => {
      const other = (connections[1] as Stores).blocks;
      expect(await other.has(hashOf('a'))).toBe(false);
      await blocks.add(hashOf('a'), now);
      expect([await other.any(), await other.has(hashOf('a'))]).toEqual([true, true]);
      expect(await listed(other)).toEqual([{ hash: hex(hashOf('a')), createdAt: now }]);
      await blocks.remove(hashOf('a'));
      expect([await other.any(), await other.has(hashOf('a'))]).toEqual([false, false]);
    });
  });
}
