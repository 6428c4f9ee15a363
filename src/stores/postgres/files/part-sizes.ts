import type { PartBooking, PartLimits } from '../../../core/ports/files/upload-store.ts';
import { prepared } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';
import type { LiveUpload } from './upload-statements.ts';

/** The size of the stored part of this number; 0 if there is none. The upload must be locked. */
export async function sizeOfPart(tx: Transaction, uploadId: string, number: number): Promise<number> {
  const part = await tx.first<{ size: number }>(partSize, [uploadId, number]);
  return part?.size ?? 0;
}

/** Adds to the size that an upload reserves, if it exists. `bytes` may be negative. */
export async function growUpload(tx: Transaction, id: string, bytes: number): Promise<void> {
  const upload = await tx.first<{ accountId: string }>(grow, [id, bytes]);
  if (upload) tx.books.book({ accountId: upload.accountId, reservedBytes: bytes });
}

/** Books the size of a part that is about to arrive, unless an earlier call has. The upload must be locked. */
export async function enterBooking(
  tx: Transaction,
  upload: LiveUpload,
  { id, number, size }: PartBooking,
  limits: PartLimits,
): Promise<'booked' | 'object_too_large'> {
  if ((await tx.first(findBooking, [id])) !== undefined) return 'booked';
  const growth = size - (await sizeOfPart(tx, upload.id, number));
  if (upload.declaredSize + growth > limits.maxObjectBytes) return 'object_too_large';
  await tx.run(insertBooking, [id, upload.id]);
  await growUpload(tx, upload.id, size);
  tx.books.grow(upload.accountId, growth, 0, limits);
  return 'booked';
}

/** Ends a booking, and keeps its size booked. @returns Whether it existed. */
export async function takeBooking(tx: Transaction, { id }: PartBooking): Promise<boolean> {
  return (await tx.run(deleteBooking, [id])).count > 0;
}

/** Ends a booking, and frees its size. */
export async function revertBooking(tx: Transaction, uploadId: string, booking: PartBooking): Promise<void> {
  await tx.run(lock, [uploadId]);
  if (await takeBooking(tx, booking)) await growUpload(tx, uploadId, -booking.size);
}

const partSize = prepared('SELECT size FROM parts WHERE owner_id = $1 AND number = $2');
const grow = prepared(
  'UPDATE uploads SET declared_size = declared_size + $2 WHERE id = $1 RETURNING account_id AS "accountId"',
);
const lock = prepared('SELECT 1 FROM uploads WHERE id = $1 FOR UPDATE');
const findBooking = prepared('SELECT 1 FROM part_bookings WHERE id = $1');
const insertBooking = prepared('INSERT INTO part_bookings (id, upload_id) VALUES ($1, $2)');
const deleteBooking = prepared('DELETE FROM part_bookings WHERE id = $1');
