import type { ContentPart } from '../../core/ports/content.ts';
import type { Answer } from '../../core/ports/idempotency-store.ts';
import type { PayloadUploadStore, UploadedPayload } from '../../core/ports/payload-upload-store.ts';
import type { UploadedPart } from '../../core/ports/upload-store.ts';
import type { Connection } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import type { SqliteIdempotencyStore } from './idempotency.ts';
import type { ObjectRows, Owner } from './object-rows.ts';
import type { SqlitePayloadStore } from './payloads.ts';
import { prepareUploadStatements } from './upload-statements.ts';

export class SqlitePayloadUploadStore implements PayloadUploadStore {
  readonly #writes: GroupCommit;
  readonly #rows: ObjectRows;
  readonly #payloads: SqlitePayloadStore;
  readonly #idempotency: SqliteIdempotencyStore;
  readonly #statements;

  constructor(
    connection: Connection,
    writes: GroupCommit,
    rows: ObjectRows,
    payloads: SqlitePayloadStore,
    idempotency: SqliteIdempotencyStore,
  ) {
    this.#writes = writes;
    this.#rows = rows;
    this.#payloads = payloads;
    this.#idempotency = idempotency;
    this.#statements = prepareUploadStatements(connection);
  }

  async content(uploadId: string): Promise<ContentPart[]> {
    return this.#rows.partsOf(uploadId);
  }

  complete(
    uploadId: string,
    payload: UploadedPayload,
    parts: UploadedPart[],
    answer?: Answer,
  ): Promise<boolean> {
    return this.#writes.atomic(() => {
      const upload = this.#statements.findLive.get({ id: uploadId, now: payload.createdAt });
      if (upload === undefined || !this.#takeWithin(upload, payload, parts)) return false;
      this.#statements.forget.run(uploadId);
      this.#rows.unreserveWithin(upload);
      if (answer) this.#idempotency.answerWithin(answer);
      if (!this.#payloads.insertWithin(payload)) throw new Error('the id of a new payload is in use');
      return true;
    });
  }

  /** False, with nothing changed, where a part or the record of the blob is gone. */
  #takeWithin(
    upload: Owner,
    { id, content, size, isText, createdAt }: UploadedPayload,
    parts: UploadedPart[],
  ): boolean {
    if (content.kind !== 'parts')
      return this.#rows.takeWithin({ content, size, isText }, upload.accountId) !== undefined;
    if (!this.#rows.keepPartsWithin(upload, parts, createdAt)) return false;
    this.#rows.handOverPartsWithin(upload.id, id);
    return true;
  }
}
