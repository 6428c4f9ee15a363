import { fillSlot, futureSlot, leafOf, type Slot } from '../postgres/ring-rows.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { Run } from '../run.ts';
import type { Constants } from '../simulation/measured.ts';
import type { Scene } from './scene.ts';

const day = 86_400_000;
const smallSize = 100;
/** PostgreSQL stores values of more than 2 KB out of line. */
const largeSize = 20 * 1024;
const largeShare = 50;

/** The room that rows take in a leaf and its indexes. */
export async function measureRows({ scale }: Run, { database }: Scene) {
  const rows = scale.calibratedRows;
  const small = await fill(database, 3, rows, smallSize);
  const fewer = rows / largeShare;
  const large = await fill(database, 5, fewer, largeSize);
  const rowBytes = small.table / rows - smallSize;
  return {
    rowBytes,
    indexBytesPerRow: small.indexes / rows,
    tableBytesPerContentByte: (large.table / fewer - rowBytes) / largeSize,
  } satisfies Partial<Constants>;
}

/** Fills the slot of payloads that expire in so many days, with expiries all over the day. */
async function fill(database: PostgresServer, days: number, rows: number, size: number) {
  const { createdAt, expiresAt } = futureSlot(Date.now(), days);
  const endOfSlot = Math.ceil(expiresAt / day) * day;
  const slot: Slot = { createdAt, expiresAt: endOfSlot - 1 };
  await fillSlot(database, slot, rows, size, day);
  const table = `payloads_${String(leafOf(slot)).padStart(2, '0')}`;
  const [sizes] = await database.query<{ table: string; indexes: string }>(
    `SELECT pg_table_size('${table}') AS table, pg_indexes_size('${table}') AS indexes`,
  );
  return { table: Number(sizes?.table), indexes: Number(sizes?.indexes) };
}
