/** Which stored bytes are limited: all of them, or those of anonymous callers. */
export type RoomKind = 'storage' | 'anonymous';

/** What a row with content counts in addition to its bytes, for everything else in the row and its indexes. */
export const rowBytes = 512;

/** The stored bytes of one kind, and the sum of the leases of the other nodes that have not ended. */
export type RoomInUse = { stored: number; leased: number };

/**
 * Leases of room. Each node that shares a database leases the room for the bytes that it is about to store, so that the
 * stored bytes and all leases together stay within a limit. A lease shrinks after its bytes are stored. The lease of a
 * node that was killed ends by time.
 */
export interface RoomLeases {
  /**
   * Replaces the lease of a holder. The leases of one kind are replaced one after the other, so what `decide` is given
   * changes in the meantime only by what the leases cover, and by removals.
   *
   * @param decide Returns the new size of the lease (bytes). May be called again if the transaction must be repeated.
   */
  renew(
    lease: { kind: RoomKind; holder: string; now: number; until: number },
    decide: (inUse: RoomInUse) => number,
  ): Promise<void>;

  /** Gives back a lease. The holder has stored everything that it covered. */
  end(kind: RoomKind, holder: string): Promise<void>;
}
