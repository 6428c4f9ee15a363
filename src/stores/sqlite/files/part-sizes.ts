import type { PartLimits, PartRefusal } from '../../../core/ports/files/upload-store.ts';
import type { Connection } from '../database/connection.ts';
import type { Transaction } from '../database/transaction.ts';
import type { ObjectRows } from './object-rows.ts';
import type { LiveUpload } from './upload-statements.ts';

type GrowingUpload = Pick<LiveUpload, 'id' | 'accountId' | 'declaredSize'>;

/** Books the sizes of parts for uploads whose parts have their own sizes. */
export class PartSizes {
  readonly #rows: ObjectRows;
  readonly #statements;

  constructor({ raw }: Connection, rows: ObjectRows) {
    this.#rows = rows;
    this.#statements = {
      partSize: raw
        .prepare<[string, number], number>('SELECT size FROM parts WHERE owner_id = ? AND number = ?')
        .pluck(),
      grow: raw.prepare('UPDATE uploads SET declared_size = declared_size + ? WHERE id = ?'),
    };
  }

  /** The size of the stored part of this number; 0 if there is none. */
  sizeOf(_tx: Transaction, id: string, number: number): number {
    return this.#statements.partSize.get(id, number) ?? 0;
  }

  check(
    tx: Transaction,
    { accountId, declaredSize }: GrowingUpload,
    growth: number,
    limits: PartLimits,
  ): 'within' | PartRefusal {
    if (declaredSize + growth > limits.maxObjectBytes) return 'object_too_large';
    return this.#rows.usage.checkQuota(tx, accountId, { bytes: growth, objects: 0 }, limits);
  }

  /** Adds to the size that an upload reserves. `bytes` may be negative. */
  grow(tx: Transaction, { id, accountId }: GrowingUpload, bytes: number): void {
    this.#statements.grow.run(bytes, id);
    this.#rows.usage.book(tx, { accountId, reservedBytes: bytes });
  }
}
