import { beforeEach, describe, expect, test } from 'bun:test';
import { Blocks, digestOf } from '../../src/core/content/blocks.ts';
import { Capacity } from '../../src/core/content/capacity.ts';
import { Placement } from '../../src/core/content/placement.ts';
import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { failureOf } from './failure-of.ts';
import { bytes, chunksOf, leaseTime, type PlacementScene, placementScene } from './placement-scene.ts';

let scene: PlacementScene;
beforeEach(async () => {
  scene = await placementScene();
});

describe('the journal of placed content', () => {
  test('has a record of a blob before its first byte is written', async () => {
    const recorded: { key: string; records: unknown[] }[] = [];
    scene.blobs.onWrite = (key) => {
      const other = openTemporaryStores(scene.stores.file);
      recorded.push({
        key,
        records: other.connection.raw.prepare('SELECT key, purpose FROM blob_journal').all(),
      });
      other.close();
    };
    await scene.storeWhole(bytes(5000));
    await scene.storeStream(chunksOf(bytes(5000)));
    expect(recorded.length).toBe(2);
    for (const { key, records } of recorded) expect(records).toEqual([{ key, purpose: 'write' }]);
    expect(await scene.stores.journal.count()).toBe(0);
  });

  test('lets the first sweep after the lease remove a failed write', async () => {
    scene.blobs.away = true;
    expect((await failureOf(() => scene.storeWhole(bytes(5000)))).code).toBe('store_away');
    expect(await scene.stores.journal.count()).toBe(1);
    scene.blobs.away = false;
    expect((await scene.sweeper.run()).blobs).toBe(0);
    await scene.expectNothingIsLeft();
    expect(scene.time.running).toBe(0);
  });

  test('lets a sweep remove a blob whose row could not be inserted', async () => {
    const failing = scene.placementWith().storeWhole(bytes(5000), 5000, async () => {
      throw new Error('the database is full');
    });
    await expect(failing).rejects.toThrow('the database is full');
    expect(scene.files().length).toBe(1);
    await scene.expectNothingIsLeft();
  });

  test('lets the next sweep remove the blob of blocked content', async () => {
    const { stores, blobs, time, sweeper } = scene;
    const blocks = new Blocks(stores.blocks, time.clock, time.timers);
    await stores.blocks.add(digestOf(bytes(5000)), time.now);
    await blocks.reload();
    const capacity = new Capacity({
      limits: { maxStorage: undefined, minFreeSpace: 0 },
      meter: stores.meter,
      spaces: [],
      clock: time.clock,
    });
    const placement = new Placement({
      settings: { inlineLimit: 1024, leaseTime },
      blobs,
      journal: stores.journal,
      capacity,
      clock: time.clock,
      timers: time.timers,
      anonymousRoom: undefined,
      blocks,
    });
    const incoming = { chunks: chunksOf(bytes(5000)), limit: 10_000 };
    const refused = await failureOf(() => placement.storeStream(incoming, async (placed) => placed));
    expect(refused.code).toBe('blocked');
    expect((await sweeper.run()).blobs).toBe(1);
    expect(scene.files()).toEqual([]);
    expect(await stores.journal.count()).toBe(0);
  });

  test('keeps an upload that takes many times its lease, because the lease is renewed', async () => {
    scene.blobs.onWrite = async () => {
      for (let step = 0; step < 20; step += 1) {
        await scene.time.advance(leaseTime / 2);
        expect((await scene.sweeper.run()).blobs).toBe(0);
      }
    };
    const placed = await scene.storeWhole(bytes(5000));
    await scene.sweeper.run();
    expect(await scene.readBack(placed.content)).toEqual(bytes(5000));
    expect(scene.time.running).toBe(0);
  });

  test('lets a sweep or a stalled writer win, never both', async () => {
    scene.blobs.onWrite = async () => {
      // The whole process was stopped and did not renew, and another process swept.
      scene.time.now += leaseTime;
      expect((await scene.sweeper.run()).blobs).toBe(1);
    };
    expect((await failureOf(() => scene.storeWhole(bytes(5000)))).code).toBe('store_away');
    expect(scene.rows()).toBe(0);
    // The bytes arrived after the sweep had looked for them, and are still found.
    expect(scene.files().length).toBe(1);
    await scene.expectNothingIsLeft();
  });

  test('lets a writer win that published before the sweep', async () => {
    const placed = await scene.storeWhole(bytes(5000));
    scene.time.now += 10 * leaseTime;
    expect((await scene.sweeper.run()).blobs).toBe(0);
    expect(await scene.readBack(placed.content)).toEqual(bytes(5000));
  });
});
