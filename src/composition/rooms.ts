import type { Config } from '../config/index.ts';
import {
  type AnonymousLimit,
  AnonymousRoom,
  MeteredAnonymousRoom,
  noAnonymousRoom,
} from '../core/content/anonymous-room.ts';
import { Capacity } from '../core/content/capacity.ts';
import { LeasedRoom } from '../core/content/leased-room.ts';
import type { ServerRoom } from '../core/content/room.ts';
import { noRoom } from '../core/failure.ts';
import { newHashId } from '../core/ids.ts';
import type { Clock, Timers } from '../core/ports/clock.ts';
import type { BlobStore } from '../core/ports/content/blob-store.ts';
import { rowBytes } from '../core/ports/content/room-leases.ts';
import type { Stores } from '../core/ports/stores.ts';
import type { DiskBlobStore } from '../stores/blobs/disk.ts';

type RoomDeps = {
  stores: Pick<Stores, 'meter' | 'roomLeases'>;
  disk: DiskBlobStore | undefined;
  blobs: BlobStore;
  clock: Clock;
  timers: Timers;
};

type Rooms = {
  capacity: ServerRoom;
  anonymousRoom: AnonymousRoom;
  /** Gives back what this node has leased. */
  closeRooms: () => Promise<void>;
};

/** Creates the rooms of `MAX_STORAGE`, `MIN_FREE_SPACE` and `ANONYMOUS_STORAGE`. Nodes that share a database lease them. */
export function createRooms(config: Config, deps: RoomDeps): Rooms {
  const {
    stores: { meter, roomLeases: leases },
    disk,
    blobs,
    clock,
    timers,
  } = deps;
  const { maxStorage, minFreeSpace } = config;
  const limit = anonymousLimit(config);
  if (leases === undefined) {
    const capacity = new Capacity({ limits: config, meter, spaces: disk ? [disk] : [], clock });
    const metered = { minFreeSpace, meter, disk: disk ?? blobs, clock };
    const room = limit === null ? undefined : new MeteredAnonymousRoom({ limit, ...metered });
    return { capacity, anonymousRoom: new AnonymousRoom(room, meter), closeRooms: async () => undefined };
  }
  const node = { leases, holder: newHashId(), clock, timers };
  // The content is in S3 and on the database server, whose disks this node cannot see.
  const storage =
    maxStorage === undefined
      ? undefined
      : new LeasedRoom({
          ...node,
          kind: 'storage',
          limit: maxStorage,
          rowBytes,
          refusal: () => noRoom(undefined, 'max_storage'),
        });
  const anonymous =
    typeof limit === 'number'
      ? new LeasedRoom({ ...node, kind: 'anonymous', limit, rowBytes: 0, refusal: noAnonymousRoom })
      : undefined;
  return {
    capacity: storage ?? new Capacity({ limits: config, meter, spaces: [], clock }),
    anonymousRoom: new AnonymousRoom(anonymous, meter),
    closeRooms: async () => {
      await Promise.all([storage?.close(), anonymous?.close()]);
    },
  };
}

/** How much anonymous callers may store together: half of all room, unless the settings change it. */
function anonymousLimit({ anonymousStorage, maxStorage, s3 }: Config): AnonymousLimit {
  if (anonymousStorage === 'none') return null;
  if (anonymousStorage !== undefined) return anonymousStorage;
  if (maxStorage !== undefined) return Math.floor(maxStorage / 2);
  // S3 does not report its free space.
  return s3 === undefined ? 'half' : null;
}
