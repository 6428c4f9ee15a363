import { beforeEach, describe, expect, test } from 'bun:test';
import { LeasedRoom } from '../../src/core/content/leased-room.ts';
import { noRoom } from '../../src/core/failure.ts';
import { newHashId } from '../../src/core/ids.ts';
import {
  type RoomInUse,
  type RoomKind,
  type RoomLeases,
  rowBytes,
} from '../../src/core/ports/content/room-leases.ts';
import type { AnonymousMeter, StorageMeter } from '../../src/core/ports/content/storage-meter.ts';
import { closedAfterSuite, connect, type Open } from './opened.ts';
import { race, raceWithRefusals } from './race.ts';
import { blobPayload, inlinePayload, now, type RowStores } from './stored-rows.ts';

type Stores = RowStores & { meter: StorageMeter & AnonymousMeter; roomLeases: RoomLeases };

/** The contract of all leases of room (`src/core/ports/content/room-leases.ts`). */
export function roomLeasesContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let again: Stores;
    beforeEach(async () => {
      [stores, again] = (await connect(openStores, 2)) as [Stores, Stores];
    });

    const until = now + 1000;

    /** Replaces a lease. Resolves to what was in use. */
    async function lease(bytes: number, given: { holder?: string; kind?: RoomKind; now?: number } = {}) {
      let found: RoomInUse | undefined;
      await stores.roomLeases.renew({ kind: 'storage', holder: 'node', now, until, ...given }, (inUse) => {
        found = inUse;
        return bytes;
      });
      return found;
    }

    test('the first lease finds nothing in use', async () => {
      expect(await lease(10)).toEqual({ stored: 0, leased: 0 });
    });

    test('what is in use are the leases of the other holders, at their last size', async () => {
      await lease(1000, { holder: 'one' });
      await lease(20, { holder: 'one' });
      await lease(3, { holder: 'other' });
      expect(await lease(0)).toEqual({ stored: 0, leased: 23 });
      expect(await lease(0, { holder: 'one' })).toEqual({ stored: 0, leased: 3 });
    });

    test('leases of anonymous callers are separate', async () => {
      await lease(10, { holder: 'one', kind: 'anonymous' });
      expect(await lease(0)).toEqual({ stored: 0, leased: 0 });
      expect(await lease(0, { kind: 'anonymous' })).toEqual({ stored: 0, leased: 10 });
    });

    test('a lease that has ended does not count', async () => {
      await lease(10, { holder: 'one' });
      expect(await lease(0, { now: until - 1 })).toEqual({ stored: 0, leased: 10 });
      expect(await lease(0, { now: until })).toEqual({ stored: 0, leased: 0 });
    });

    test('a lease that was given back does not count', async () => {
      await lease(10, { holder: 'one' });
      await stores.roomLeases.end('anonymous', 'one');
      expect(await lease(0)).toEqual({ stored: 0, leased: 10 });
      await stores.roomLeases.end('storage', 'one');
      await stores.roomLeases.end('storage', 'one');
      expect(await lease(0)).toEqual({ stored: 0, leased: 0 });
    });

    test('what is stored are the bytes of blobs and rows, and 512 for each row with content', async () => {
      await blobPayload(stores, 1000);
      await inlinePayload(stores, 30);
      await inlinePayload(stores, 4);
      expect(await lease(0)).toEqual({ stored: 1034 + 2 * 512, leased: 0 });
      expect(await lease(0, { kind: 'anonymous' })).toEqual({ stored: 1034, leased: 0 });
    });

    test('sizes far beyond 32 bits are exact', async () => {
      const pebibyte = 1024 ** 5;
      await lease(pebibyte + 1, { holder: 'one' });
      expect(await lease(0)).toEqual({ stored: 0, leased: pebibyte + 1 });
    });

    test('an error of the decision changes nothing', async () => {
      await lease(10, { holder: 'one' });
      const failing = stores.roomLeases.renew({ kind: 'storage', holder: 'one', now, until }, () => {
        throw new Error('undecided');
      });
      await expect(failing).rejects.toThrow('undecided');
      expect(await lease(0)).toEqual({ stored: 0, leased: 10 });
    });

    test('16 holders together never lease more than there is', async () => {
      const granted = await race([stores, again], async ({ roomLeases }) => {
        let bytes = 0;
        await roomLeases.renew({ kind: 'storage', holder: newHashId(), now, until }, ({ leased }) => {
          bytes = Math.min(7, 100 - leased);
          return bytes;
        });
        return bytes;
      });
      expect(granted.reduce((sum, bytes) => sum + bytes)).toBe(100);
      expect(await lease(0)).toEqual({ stored: 0, leased: 100 });
    });

    test('16 callers on four nodes never store more than the limit, and use all of it', async () => {
      const limit = 300_000;
      const nodes = [stores, again, stores, again].map((each) => ({
        stores: each,
        room: new LeasedRoom({
          leases: each.roomLeases,
          kind: 'storage',
          holder: newHashId(),
          limit,
          rowBytes,
          refusal: () => noRoom(),
          clock: Date.now,
          timers: {
            every: () => () => undefined,
            sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
          },
        }),
      }));
      const bytesStored = async () => {
        const { databaseBytes, blobBytes } = await stores.meter.usage();
        return databaseBytes + blobBytes;
      };
      let isOver = false;
      const { refusals } = await raceWithRefusals(nodes, async ({ room, stores: each }, caller) => {
        for (let count = 0; ; count += 1) {
          const isInline = (caller + count) % 2 === 0;
          const size = isInline ? 100 * caller : 300 * caller;
          const taken = isInline ? size + rowBytes : size;
          await room.admit(taken);
          await (isInline ? inlinePayload(each, size) : blobPayload(each, size));
          room.settle(taken);
          isOver ||= (await bytesStored()) > limit;
        }
      });
      expect([refusals.length, isOver]).toEqual([16, false]);
      await Promise.all(nodes.map(({ room }) => room.close()));
      const [{ room }] = nodes as [(typeof nodes)[0]];
      await room.admit(limit - (await bytesStored()));
      expect(await lease(0)).toEqual({ stored: expect.any(Number), leased: limit - (await bytesStored()) });
    });
  });
}
