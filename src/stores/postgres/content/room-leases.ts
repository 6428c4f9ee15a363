import {
  type RoomInUse,
  type RoomKind,
  type RoomLeases,
  rowBytes,
} from '../../../core/ports/content/room-leases.ts';
import { prepared } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';

export class PostgresRoomLeases implements RoomLeases {
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  async renew(
    { kind, holder, now, until }: { kind: RoomKind; holder: string; now: number; until: number },
    decide: (inUse: RoomInUse) => number,
  ): Promise<void> {
    await this.#writes.atomic(async (tx) => {
      // A statement of its own: the next one sees what was committed while this one waited.
      await tx.run(lock, [kind]);
      const inUse = await tx.first<RoomInUse>(readInUse[kind], [kind, holder, now]);
      await tx.run(replace, [kind, holder, now, decide(inUse ?? { stored: 0, leased: 0 }), until]);
    });
  }

  async end(kind: RoomKind, holder: string): Promise<void> {
    await this.#writes.single(end, [kind, holder]);
  }
}

/** Replacing a lease locks the row of its kind. */
const lockedRow = "''";

const lock = prepared(
  `INSERT INTO room_leases (kind, holder, bytes, until) VALUES ($1, ${lockedRow}, 0, 0)
   ON CONFLICT (kind, holder) DO UPDATE SET until = 0`,
);
const inUse = (stored: string) =>
  prepared(
    `SELECT (SELECT coalesce(sum(${stored}), 0)::int8 FROM storage_counters) AS stored,
       (SELECT coalesce(sum(bytes), 0)::int8 FROM room_leases WHERE kind = $1 AND holder <> $2 AND until > $3) AS leased`,
  );
const readInUse = {
  storage: inUse(`inline_bytes + ${rowBytes} * inline_rows + blob_bytes`),
  anonymous: inUse('anonymous_bytes'),
};
const replace = prepared(
  `WITH ended AS (
     DELETE FROM room_leases WHERE kind = $1 AND holder NOT IN (${lockedRow}, $2) AND until <= $3
   )
   INSERT INTO room_leases (kind, holder, bytes, until) VALUES ($1, $2, $4, $5)
   ON CONFLICT (kind, holder) DO UPDATE SET bytes = excluded.bytes, until = excluded.until`,
);
const end = prepared('DELETE FROM room_leases WHERE kind = $1 AND holder = $2');
