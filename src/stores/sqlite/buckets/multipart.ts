import type { PlacedContent } from '../../../core/ports/content.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type {
  MultipartStore,
  NewObject,
  PartLimits,
  PartRefusal,
  WriteOptions,
  Written,
} from '../../../core/ports/object-writes.ts';
import type {
  CompletionRefusal,
  Quota,
  QuotaExceeded,
  ReceiveOutcome,
  StoredUpload,
  UploadedPart,
} from '../../../core/ports/upload-store.ts';
import type { SqliteBlobJournal } from '../content/journal.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import type { ObjectRows, Place } from '../files/object-rows.ts';
import { prepareUploadStatements } from '../files/upload-statements.ts';
import { liveObject, type ObjectReplacement } from './object-replacement.ts';

/** What its parts change of an upload. */
type Growing = Pick<StoredUpload, 'id' | 'accountId' | 'declaredSize'>;

/** Content that lies in the parts under the row's id. */
const inParts: Place = { contentN: null, blobKey: null, isText: false };

type SqliteMultipartStoreDeps = {
  connection: Connection;
  writes: GroupCommit;
  rows: ObjectRows;
  replacement: ObjectReplacement;
  journal: SqliteBlobJournal;
};

export class SqliteMultipartStore implements MultipartStore {
  readonly #deps: SqliteMultipartStoreDeps;
  readonly #statements;

  constructor(deps: SqliteMultipartStoreDeps) {
    this.#deps = deps;
    const { raw } = deps.connection;
    this.#statements = {
      ...prepareUploadStatements(deps.connection),
      partSize: raw
        .prepare<[string, number], number>('SELECT size FROM parts WHERE owner_id = ? AND number = ?')
        .pluck(),
      grow: raw.prepare('UPDATE uploads SET declared_size = declared_size + ? WHERE id = ?'),
    };
  }

  start(
    upload: StoredUpload,
    quota: Quota,
    directKeyEnds: number,
    seal?: Seal<StoredUpload>,
  ): Promise<'started' | QuotaExceeded> {
    const { isReceived: _isReceived, ...row } = upload;
    const { accountId, bucketId, directKey } = row;
    return this.#deps.writes.atomic((tx) => {
      this.#deps.replacement.requireBucket(tx, bucketId);
      const verdict = this.#deps.rows.usage.checkQuota(tx, accountId, { objects: 1 }, quota);
      if (verdict !== 'within') return verdict;
      this.#deps.rows.reserve(tx, row);
      this.#statements.insert(row);
      if (directKey !== null) this.#deps.journal.enterForWriting(tx, directKey, directKeyEnds, directKeyEnds);
      tx.keepAnswer(upload, seal);
      return 'started';
    });
  }

  bookPart(
    uploadId: string,
    { number, size }: Pick<UploadedPart, 'number' | 'size'>,
    now: number,
    limits: PartLimits,
  ): Promise<'booked' | 'upload_gone' | PartRefusal> {
    return this.#deps.writes.atomic((tx) => {
      const upload = this.#statements.findLive.get({ id: uploadId, now });
      if (upload === undefined) return 'upload_gone';
      const verdict = this.#judge(tx, upload, size - this.#sizeOf(tx, uploadId, number), limits);
      if (verdict !== 'within') return verdict;
      this.#grow(tx, upload, size);
      return 'booked';
    });
  }

  async unbookPart(uploadId: string, size: number): Promise<void> {
    await this.#deps.writes.atomic((tx) => {
      const row = this.#statements.find.get({ id: uploadId });
      if (row) this.#grow(tx, row, -size);
    });
  }

  receivePart(
    uploadId: string,
    part: UploadedPart,
    placed: PlacedContent,
    now: number,
    limits: PartLimits,
    seal?: Seal<UploadedPart>,
  ): Promise<ReceiveOutcome | PartRefusal> {
    const { content } = placed;
    return this.#deps.writes.atomic((tx) => {
      if (content.kind === 'inline') throw new Error('a part must be a blob');
      const upload = this.#statements.findLive.get({ id: uploadId, now });
      if (upload === undefined) return 'upload_gone';
      const growth = part.size - this.#sizeOf(tx, uploadId, part.number);
      const verdict = this.#judge(tx, upload, growth, limits);
      if (verdict !== 'within') return verdict;
      if (this.#deps.rows.take(tx, placed, upload.accountId) === undefined) return 'lease_lost';
      this.#deps.rows.putPart(tx, upload, part, content.key, now);
      this.#grow(tx, upload, growth);
      tx.keepAnswer(part, seal);
      return 'received';
    });
  }

  receiveBookedPart(
    uploadId: string,
    part: UploadedPart,
    now: number,
    seal?: Seal<UploadedPart>,
  ): Promise<'received' | 'upload_gone'> {
    return this.#deps.writes.atomic((tx) => {
      const upload = this.#statements.findLive.get({ id: uploadId, now });
      if (upload === undefined) return 'upload_gone';
      const before = this.#sizeOf(tx, uploadId, part.number);
      this.#deps.rows.putPart(tx, upload, part, null, now);
      this.#grow(tx, upload, -before);
      tx.keepAnswer(part, seal);
      return 'received';
    });
  }

  complete(
    uploadId: string,
    object: NewObject,
    content: UploadedPart[] | PlacedContent,
    options: WriteOptions<Written>,
  ): Promise<Written | CompletionRefusal> {
    const { bucket, key, at } = object;
    return this.#deps.writes.atomic((tx) => {
      const upload = this.#statements.findLive.get({ id: uploadId, now: at });
      if (upload === undefined) return 'upload_gone';
      const row = this.#deps.replacement.find(tx, bucket.id, key);
      options.admit(liveObject(row, at));
      const place = this.#place(tx, upload, content, at);
      if (place === undefined) return Array.isArray(content) ? 'parts_changed' : 'lease_lost';
      this.#statements.forget.run(uploadId);
      this.#deps.rows.unreserve(tx, upload);
      const size = Array.isArray(content) ? content.reduce((sum, part) => sum + part.size, 0) : content.size;
      return tx.keepAnswer(
        this.#deps.replacement.replace(tx, object, row, place, size, options),
        options.seal,
      );
    });
  }

  /** Undefined, with nothing changed, where a part or the record of the blob is gone. */
  #place(
    tx: Transaction,
    upload: Pick<StoredUpload, 'id' | 'accountId'>,
    content: UploadedPart[] | PlacedContent,
    now: number,
  ): Place | undefined {
    if (Array.isArray(content))
      return this.#deps.rows.keepParts(tx, upload, content, now) ? inParts : undefined;
    const place = this.#deps.rows.take(tx, content, upload.accountId);
    // The blob store has made one of them.
    if (place) this.#deps.rows.releaseParts(tx, upload, now);
    return place;
  }

  /** The size of what was received as a part; 0 if nothing was. */
  #sizeOf(_tx: Transaction, uploadId: string, number: number): number {
    return this.#statements.partSize.get(uploadId, number) ?? 0;
  }

  #judge(
    tx: Transaction,
    { accountId, declaredSize }: Growing,
    bytes: number,
    limits: PartLimits,
  ): 'within' | PartRefusal {
    if (declaredSize + bytes > limits.maxObjectBytes) return 'object_too_large';
    return this.#deps.rows.usage.checkQuota(tx, accountId, { bytes: bytes > 0 ? bytes : undefined }, limits);
  }

  /** An upload has reserved what its parts have. */
  #grow(tx: Transaction, { id, accountId }: Growing, bytes: number): void {
    this.#statements.grow.run(bytes, id);
    this.#deps.rows.usage.book(tx, { accountId, reservedBytes: bytes });
  }
}
