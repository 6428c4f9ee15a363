import { bucketNotFound } from '../../core/failure.ts';
import type { PlacedContent } from '../../core/ports/content.ts';
import type { Seal } from '../../core/ports/idempotency-store.ts';
import type {
  CompletionRefusal,
  Holdings,
  MultipartStore,
  NewObject,
  PartAdmission,
  WriteOptions,
  Written,
} from '../../core/ports/object-writes.ts';
import type { ReceiveOutcome, StoredUpload, UploadedPart } from '../../core/ports/upload-store.ts';
import type { Connection } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import type { SqliteBlobJournal } from './journal.ts';
import type { ObjectReplacement } from './object-replacement.ts';
import type { ObjectRows, Place } from './object-rows.ts';
import type { Transaction } from './transaction.ts';
import { prepareUploadStatements } from './upload-statements.ts';

/** Content that lies in the parts under the row's id. */
const inParts: Place = { contentN: null, blobKey: null, isText: false };

export class SqliteMultipartStore implements MultipartStore {
  readonly #writes: GroupCommit;
  readonly #rows: ObjectRows;
  readonly #replacement: ObjectReplacement;
  readonly #journal: SqliteBlobJournal;
  readonly #statements;

  constructor(
    connection: Connection,
    writes: GroupCommit,
    rows: ObjectRows,
    replacement: ObjectReplacement,
    journal: SqliteBlobJournal,
  ) {
    this.#writes = writes;
    this.#rows = rows;
    this.#replacement = replacement;
    this.#journal = journal;
    const { raw } = connection;
    this.#statements = {
      ...prepareUploadStatements(connection),
      partSize: raw
        .prepare<[string, number], number>('SELECT size FROM parts WHERE owner_id = ? AND number = ?')
        .pluck(),
      grow: raw.prepare('UPDATE uploads SET declared_size = declared_size + ? WHERE id = ?'),
      bucket: raw.prepare('SELECT 1 FROM buckets WHERE id = ?'),
    };
  }

  async start(
    upload: StoredUpload,
    admit: (held: Holdings) => void,
    directKeyEnds: number,
    seal?: Seal<StoredUpload>,
  ): Promise<void> {
    const { isReceived: _isReceived, ...row } = upload;
    const { accountId, directKey } = row;
    await this.#writes.atomic((tx) => {
      if (this.#statements.bucket.get(row.bucketId) === undefined) throw bucketNotFound();
      admit(this.#held(tx, accountId));
      this.#rows.reserve(tx, row);
      this.#statements.insert(row);
      if (directKey !== null) this.#journal.reserveWithin(directKey, directKeyEnds, directKeyEnds);
      tx.keepAnswer(upload, seal);
    });
  }

  async partSize(uploadId: string, number: number): Promise<number> {
    return this.#statements.partSize.get(uploadId, number) ?? 0;
  }

  bookPart(
    uploadId: string,
    { number, size }: Pick<UploadedPart, 'number' | 'size'>,
    now: number,
    admit: PartAdmission,
  ): Promise<boolean> {
    return this.#writes.atomic((tx) => {
      const row = this.#statements.find.get({ id: uploadId });
      if (row === undefined || row.expiresAt <= now) return false;
      const before = this.#statements.partSize.get(uploadId, number) ?? 0;
      admit({ ...row, isReceived: false }, this.#held(tx, row.accountId), before);
      this.#grow(tx, uploadId, row.accountId, size);
      return true;
    });
  }

  async unbookPart(uploadId: string, size: number): Promise<void> {
    await this.#writes.atomic((tx) => {
      const row = this.#statements.find.get({ id: uploadId });
      if (row) this.#grow(tx, uploadId, row.accountId, -size);
    });
  }

  receivePart(
    uploadId: string,
    part: UploadedPart,
    placed: PlacedContent,
    now: number,
    admit: PartAdmission,
    seal?: Seal<UploadedPart>,
  ): Promise<ReceiveOutcome> {
    const { content } = placed;
    if (content.kind === 'inline') throw new Error('a part is always a blob of its own');
    return this.#writes.atomic((tx) => {
      const row = this.#statements.find.get({ id: uploadId });
      if (row === undefined || row.expiresAt <= now) return 'upload_gone';
      const before = this.#statements.partSize.get(uploadId, part.number) ?? 0;
      admit({ ...row, isReceived: false }, this.#held(tx, row.accountId), before);
      if (this.#rows.take(tx, placed, row.accountId) === undefined) return 'lease_lost';
      this.#rows.putPart(tx, row, part, content.key, now);
      this.#grow(tx, uploadId, row.accountId, part.size - before);
      tx.keepAnswer(part, seal);
      return 'received';
    });
  }

  receiveBookedPart(
    uploadId: string,
    part: UploadedPart,
    now: number,
    seal?: Seal<UploadedPart>,
  ): Promise<boolean> {
    return this.#writes.atomic((tx) => {
      const row = this.#statements.find.get({ id: uploadId });
      if (row === undefined || row.expiresAt <= now) return false;
      const before = this.#statements.partSize.get(uploadId, part.number) ?? 0;
      this.#rows.putPart(tx, row, part, null, now);
      this.#grow(tx, uploadId, row.accountId, -before);
      tx.keepAnswer(part, seal);
      return true;
    });
  }

  complete(
    uploadId: string,
    object: NewObject,
    content: UploadedPart[] | PlacedContent,
    options: WriteOptions<Written>,
  ): Promise<Written | CompletionRefusal> {
    const { bucket, key, at } = object;
    return this.#writes.atomic((tx) => {
      const upload = this.#statements.findLive.get({ id: uploadId, now: at });
      if (upload === undefined) return 'upload_gone';
      const row = this.#replacement.find(tx, bucket.id, key);
      options.admit(this.#replacement.found(tx, bucket.accountId, row, at));
      const place = this.#place(tx, upload, content, at);
      if (place === undefined) return Array.isArray(content) ? 'parts_changed' : 'lease_lost';
      this.#statements.forget.run(uploadId);
      this.#rows.unreserve(tx, upload);
      const size = Array.isArray(content) ? content.reduce((sum, part) => sum + part.size, 0) : content.size;
      const written = this.#replacement.replace(tx, object, row, place, size, options);
      tx.keepAnswer(written, options.seal);
      return written;
    });
  }

  abort(uploadId: string, now: number, seal?: Seal<null>): Promise<boolean> {
    return this.#writes.atomic((tx) => {
      const row = this.#statements.remove.get({ id: uploadId });
      if (row === undefined) return false;
      this.#rows.releaseUpload(tx, row, now);
      tx.keepAnswer(null, seal);
      return true;
    });
  }

  /** Undefined, with nothing changed, where a part or the record of the blob is gone. */
  #place(
    tx: Transaction,
    upload: Pick<StoredUpload, 'id' | 'accountId'>,
    content: UploadedPart[] | PlacedContent,
    now: number,
  ): Place | undefined {
    if (Array.isArray(content)) return this.#rows.keepParts(tx, upload, content, now) ? inParts : undefined;
    const place = this.#rows.take(tx, content, upload.accountId);
    // The blob store has made one of them.
    if (place) this.#rows.releaseParts(tx, upload, now);
    return place;
  }

  /** An upload has reserved what its parts have. */
  #grow(tx: Transaction, uploadId: string, accountId: string, bytes: number): void {
    this.#statements.grow.run(bytes, uploadId);
    this.#rows.book(tx, { accountId, reservedBytes: bytes });
  }

  #held(tx: Transaction, accountId: string): Holdings {
    return this.#rows.usage(tx, accountId);
  }
}
