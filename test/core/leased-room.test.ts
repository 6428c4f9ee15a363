import { describe, expect, test } from 'bun:test';
import { LeasedRoom } from '../../src/core/content/leased-room.ts';
import { noRoom } from '../../src/core/failure.ts';
import type { RoomInUse, RoomLeases } from '../../src/core/ports/content/room-leases.ts';
import { failureOf } from './failure-of.ts';
import { SettableTime } from './settable-time.ts';

const MiB = 1024 * 1024;
// docs/budgets.md, "Room".
const leaseTime = 30_000;
const guard = 2000;

/** A database with one limit; `between` runs after the stored bytes were read, before the lease is replaced. */
class MemoryLeases implements RoomLeases {
  readonly leases = new Map<string, { bytes: number; until: number }>();
  stored = 0;
  renewals = 0;
  isAway = false;
  between: () => Promise<void> = async () => undefined;
  #last: Promise<unknown> = Promise.resolve();

  renew(
    { holder, now, until }: { holder: string; now: number; until: number },
    decide: (inUse: RoomInUse) => number,
  ): Promise<void> {
    const renewed = this.#last.then(async () => {
      this.renewals += 1;
      if (this.isAway) throw new Error('away');
      const others = [...this.leases].filter(([other, lease]) => other !== holder && lease.until > now);
      const inUse = { stored: this.stored, leased: others.reduce((sum, [, { bytes }]) => sum + bytes, 0) };
      await this.between();
      this.leases.set(holder, { bytes: decide(inUse), until });
    });
    this.#last = renewed.catch(() => undefined);
    return renewed;
  }

  async end(_kind: 'storage' | 'anonymous', holder: string): Promise<void> {
    this.leases.delete(holder);
  }

  leasedBy(holder: string): number {
    return this.leases.get(holder)?.bytes ?? 0;
  }
}

/** Nodes on one database. */
function nodesWith(limit: number) {
  const time = new SettableTime();
  const leases = new MemoryLeases();
  const node = (holder: string) =>
    new LeasedRoom({
      leases,
      kind: 'storage',
      holder,
      limit,
      rowBytes: 0,
      refusal: () => noRoom(undefined, 'max_storage'),
      clock: time.clock,
      timers: time.timers,
    });
  /** Stores bytes as a request does. */
  const store = async (room: LeasedRoom, bytes: number) => {
    await room.admit(bytes);
    leases.stored += bytes;
    room.settle(bytes);
  };
  return { time, leases, node, store };
}

const isRefused = async (work: () => unknown) =>
  (await failureOf(async () => work()).catch(() => undefined))?.code === 'no_room';

describe('room that is leased', () => {
  test('is used to the last byte by one node, and not beyond it', async () => {
    const { leases, node, store } = nodesWith(1000);
    const room = node('a');
    leases.stored = 400;
    for (const bytes of [1, 99, 250, 249]) await store(room, bytes);
    expect(await isRefused(() => room.admit(2))).toBe(true);
    await store(room, 1);
    expect(leases.stored).toBe(1000);
    expect(await isRefused(() => room.admit(1))).toBe(true);
  });

  test('is taken without a promise, and without a renewal, up to 64 MiB', async () => {
    const { leases, node, store } = nodesWith(100_000 * MiB);
    const room = node('a');
    await store(room, MiB);
    for (let count = 0; count < 64; count += 1) {
      expect(room.admit(MiB)).toBeUndefined();
      room.settle(MiB);
    }
    expect(leases.renewals).toBe(1);
    expect(room.admit(1)).toBeInstanceOf(Promise);
  });

  test('is shared by the requests that wait for it', async () => {
    const { leases, node } = nodesWith(1000);
    const room = node('a');
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => room.admit(100)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(10);
    expect(leases.renewals).toBe(1);
  });

  test('is free again as soon as something was removed', async () => {
    const { leases, node, store } = nodesWith(1000);
    const room = node('a');
    await store(room, 1000);
    expect(await isRefused(() => room.admit(1))).toBe(true);
    leases.stored = 0;
    await store(room, 1000);
  });

  test('that was given back is used again without a renewal', async () => {
    const { leases, node } = nodesWith(1000);
    const room = node('a');
    await room.admit(900);
    room.giveBack(900);
    await room.admit(900);
    expect(leases.renewals).toBe(1);
  });

  test('of bytes in flight stays taken, however long that takes', async () => {
    const { time, node } = nodesWith(1000);
    const [one, other] = [node('a'), node('b')];
    await one.admit(600);
    await time.advance(10 * leaseTime);
    expect(await isRefused(() => other.admit(401))).toBe(true);
    await other.admit(400);
  });

  test('is not taken by an announcement', async () => {
    const { time, leases, node } = nodesWith(1000);
    const room = node('a');
    for (let asked = 0; asked < 10; asked += 1) await room.look(1000);
    expect([leases.leasedBy('a'), leases.renewals]).toEqual([0, 1]);
    expect(await isRefused(() => room.look(1001))).toBe(true);
    expect([leases.leasedBy('a'), leases.renewals]).toEqual([0, 2]);
    await room.admit(1000);
    time.now += 1000;
    expect(await isRefused(() => room.look(1))).toBe(true);
  });

  test('of 0 accepts nothing, not even empty content', async () => {
    const { node } = nodesWith(0);
    const room = node('a');
    expect([await isRefused(() => room.admit(0)), await isRefused(() => room.look(0))]).toEqual([true, true]);
  });

  test('is never exceeded by several nodes', async () => {
    const { time, leases, node, store } = nodesWith(1000);
    const rooms = ['a', 'b', 'c'].map(node);
    const storeAll = () =>
      Promise.allSettled(
        rooms.flatMap((room) => Array.from({ length: 20 }, (_, size) => store(room, size + 1))),
      );
    await storeAll();
    expect(leases.stored).toBeLessThanOrEqual(1000);
    // What one node has stored or does not use is seen by the others within a second.
    for (let second = 0; second < 10; second += 1) {
      await time.advance(1000);
      await storeAll();
    }
    expect(leases.stored).toBe(1000);
  });

  test('covers what is stored while the lease is renewed', async () => {
    const { time, leases, node } = nodesWith(1000);
    const [one, other] = [node('a'), node('b')];
    await one.admit(500);
    // After the read of the renewal, so that neither it nor the counters of the next lease miss the bytes.
    leases.between = async () => {
      leases.between = async () => undefined;
      leases.stored += 500;
      one.settle(500);
    };
    expect(await isRefused(() => one.admit(501))).toBe(true);
    expect(await isRefused(() => other.admit(501))).toBe(true);
    await time.advance(1000);
    await other.admit(500);
    expect(await isRefused(() => one.admit(1))).toBe(true);
  });

  test('that is left in small amounts is hardly held by nodes that do not need it', async () => {
    const { leases, node, store } = nodesWith(64_000);
    const idle = node('idle');
    await store(idle, 1);
    expect(leases.leasedBy('idle')).toBeLessThanOrEqual(4001);
    const busy = node('busy');
    let stored = 0;
    while (!(await isRefused(() => store(busy, 100)))) stored += 100;
    expect(stored).toBeGreaterThan(59_000);
  });

  test('returns from a node that does not use it any more', async () => {
    const { time, leases, node, store } = nodesWith(1000 * MiB);
    const idle = node('idle');
    await store(idle, 1);
    await time.advance(2000);
    expect(leases.leasedBy('idle')).toBe(0);
    const renewals = leases.renewals;
    await time.advance(10 * leaseTime);
    expect(leases.renewals).toBe(renewals);
    await store(node('other'), 1000 * MiB - 1);
  });

  test('returns when a node stops', async () => {
    const { leases, node, time } = nodesWith(1000);
    const room = node('a');
    await room.admit(10);
    room.settle(10);
    await room.close();
    expect([leases.leases.size, time.running]).toEqual([0, 0]);
  });

  test('returns from a node that was killed, after its lease time', async () => {
    const { time, leases, node } = nodesWith(1000);
    leases.leases.set('killed', { bytes: 1000, until: time.now + leaseTime + guard });
    const room = node('a');
    expect(await isRefused(() => room.admit(1))).toBe(true);
    time.now += leaseTime + guard - 1;
    expect(await isRefused(() => room.admit(1))).toBe(true);
    time.now += 1;
    await room.admit(1000);
  });

  test('is not used by a node that was stopped until its lease ended', async () => {
    const { time, node, store } = nodesWith(1000);
    const [stopped, other] = [node('stopped'), node('other')];
    await stopped.admit(500);
    // No timer runs in the meantime.
    time.now += leaseTime + guard;
    await store(other, 1000);
    expect(await isRefused(() => stopped.admit(1))).toBe(true);
  });

  test('is taken again after the database was away', async () => {
    const { leases, node } = nodesWith(1000);
    const room = node('a');
    leases.isAway = true;
    await expect((async () => room.admit(1))()).rejects.toThrow('away');
    leases.isAway = false;
    await room.admit(1000);
    expect(leases.leasedBy('a')).toBe(1000);
  });

  test('is not waited for until a clock that was set back has caught up', async () => {
    const { time, leases, node, store } = nodesWith(1000);
    const room = node('a');
    await store(room, 1000);
    expect(await isRefused(() => room.admit(1))).toBe(true);
    time.now -= 60_000;
    leases.stored = 500;
    expect((await room.room()).byStorage).toBe(500);
    await store(room, 500);
    expect(leases.stored).toBe(1000);
  });

  test('is looked for at most 20 times a second by a full node', async () => {
    const { time, leases, node } = nodesWith(1000);
    leases.stored = 1000;
    const room = node('a');
    for (let count = 0; count < 3; count += 1) expect(await isRefused(() => room.admit(1))).toBe(true);
    expect(leases.renewals).toBe(3);
    expect(time.rests).toEqual([50, 50]);
  });

  test('is reported with what other nodes leave', async () => {
    const { leases, node } = nodesWith(1000);
    leases.stored = 300;
    await node('other').admit(100);
    const { byStorage, byDisk } = await node('a').room();
    expect([byStorage, byDisk]).toEqual([1000 - 300 - leases.leasedBy('other'), Number.POSITIVE_INFINITY]);
  });
});
