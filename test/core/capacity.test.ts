import { describe, expect, test } from 'bun:test';
import { Capacity } from '../../src/core/content/capacity.ts';
import { failureOf } from './failure-of.ts';
import { SettableTime } from './settable-time.ts';

const MiB = 1024 * 1024;

/** A database and disks whose room the test sets; counts how many times each is checked. */
function capacityOf(given: {
  maxStorage?: number;
  minFreeSpace?: number;
  used?: number;
  free?: (number | undefined)[];
}) {
  const time = new SettableTime();
  const stored = { databaseBytes: given.used ?? 0, blobBytes: 0 };
  const free = given.free ?? [];
  const looks = { meter: 0, space: 0 };
  const capacity = new Capacity({
    limits: { maxStorage: given.maxStorage, minFreeSpace: given.minFreeSpace ?? 0 },
    meter: {
      usage: async () => {
        looks.meter += 1;
        return { ...stored };
      },
    },
    spaces: free.map((_, index) => ({
      freeSpace: async () => {
        looks.space += 1;
        return free[index];
      },
    })),
    clock: time.clock,
  });
  return { capacity, time, stored, free, looks };
}

describe('capacity', () => {
  test('without a limit accepts everything', async () => {
    const { capacity, looks } = capacityOf({});
    await capacity.admit(Number.MAX_SAFE_INTEGER);
    expect(looks.meter).toBe(0);
  });

  test('accepts exactly what fits, to the byte', async () => {
    const { capacity } = capacityOf({ maxStorage: 1000, used: 400 });
    await capacity.admit(600);
    expect((await failureOf(() => capacity.admit(1))).code).toBe('no_room');
    await capacity.admit(0);
  });

  test('rejects one that is too large and still accepts a smaller one', async () => {
    const { capacity } = capacityOf({ maxStorage: 1000 });
    expect((await failureOf(() => capacity.admit(1001))).code).toBe('no_room');
    await capacity.admit(1000);
  });

  test('counts both blobs and the database', async () => {
    const { capacity, stored } = capacityOf({ maxStorage: 1000, used: 300 });
    stored.blobBytes = 650;
    await capacity.admit(50);
    expect((await failureOf(() => capacity.admit(1))).code).toBe('no_room');
  });

  test('keeps the minimum free on the fullest disk', async () => {
    const { capacity } = capacityOf({ minFreeSpace: 8 * MiB, free: [90 * MiB, 8 * MiB + 50, undefined] });
    await capacity.admit(50);
    expect((await failureOf(() => capacity.admit(1))).code).toBe('no_room');
  });

  test('keeps some space free even with a minimum of 0, because deletions need room in the log', async () => {
    const { capacity } = capacityOf({ minFreeSpace: 0, free: [4 * MiB + 50] });
    await capacity.admit(50);
    expect((await failureOf(() => capacity.admit(1))).code).toBe('no_room');
  });

  test('counts bytes in flight until they are settled, however long that takes', async () => {
    const { capacity, time, stored } = capacityOf({ maxStorage: 1000 });
    await capacity.admit(600);
    time.now += 60_000;
    expect((await failureOf(() => capacity.admit(401))).code).toBe('no_room');
    stored.blobBytes = 600;
    capacity.settle(600, 0);
    time.now += 1000;
    await capacity.admit(400);
    expect((await failureOf(() => capacity.admit(1))).code).toBe('no_room');
  });

  test('does not count bytes twice that are already on the disk', async () => {
    const { capacity, time, free } = capacityOf({ free: [4 * MiB + 1000] });
    await capacity.admit(600);
    capacity.written(600);
    free[0] = 4 * MiB + 400;
    time.now += 1000;
    await capacity.admit(400);
    expect((await failureOf(() => capacity.admit(1))).code).toBe('no_room');
  });

  test('rejects content if the limit is already exceeded', async () => {
    const { capacity } = capacityOf({ maxStorage: 1000, used: 1001 });
    expect((await failureOf(() => capacity.admit(0))).code).toBe('no_room');
  });

  test('is not exceeded by many concurrent callers', async () => {
    const { capacity, looks } = capacityOf({ maxStorage: 1000 });
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => capacity.admit(100)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(10);
    expect(looks.meter).toBe(1);
  });

  test('is checked again after a second, not earlier', async () => {
    const { capacity, time, stored, looks } = capacityOf({ maxStorage: 1000, used: 1000 });
    await failureOf(() => capacity.admit(10));
    stored.databaseBytes = 0;
    time.now += 999;
    expect((await failureOf(() => capacity.admit(10))).code).toBe('no_room');
    time.now += 1;
    await capacity.admit(10);
    expect(looks.meter).toBe(2);
  });

  test('is checked again when the clock was set back', async () => {
    const { capacity, time, stored } = capacityOf({ maxStorage: 1000, used: 1000 });
    await failureOf(() => capacity.admit(10));
    stored.databaseBytes = 0;
    time.now -= 3_600_000;
    await capacity.admit(10);
  });

  test('that is only checked takes nothing', async () => {
    const { capacity } = capacityOf({ maxStorage: 1000 });
    for (let asked = 0; asked < 10; asked += 1) await capacity.look(1000, false);
    expect((await failureOf(() => capacity.look(1001, false))).code).toBe('no_room');
    await capacity.admit(1000);
    expect((await failureOf(() => capacity.look(1, false))).code).toBe('no_room');
  });

  test('for bytes that go to S3 ignores the disk, but not the limit', async () => {
    const { capacity } = capacityOf({ maxStorage: 100 * MiB, minFreeSpace: 10 * MiB, free: [20 * MiB] });
    expect((await failureOf(() => capacity.admit(11 * MiB))).code).toBe('no_room');
    await capacity.admit(90 * MiB, true);
    await capacity.admit(10 * MiB);
    expect((await failureOf(() => capacity.admit(1, true))).code).toBe('no_room');
  });

  test('of the disk is not affected by bytes that went to S3, even once they are settled', async () => {
    const { capacity, time } = capacityOf({ minFreeSpace: 10 * MiB, free: [20 * MiB] });
    await capacity.admit(1000 * MiB, true);
    capacity.settle(1000 * MiB, 1000 * MiB, true);
    time.now += 1000;
    await capacity.admit(10 * MiB);
    expect((await failureOf(() => capacity.admit(1))).code).toBe('no_room');
  });
});
