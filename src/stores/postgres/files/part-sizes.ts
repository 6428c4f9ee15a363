import { prepared } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';

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

const partSize = prepared('SELECT size FROM parts WHERE owner_id = $1 AND number = $2');
const grow = prepared(
  'UPDATE uploads SET declared_size = declared_size + $2 WHERE id = $1 RETURNING account_id AS "accountId"',
);
