import type { ContentPart } from '../../../core/ports/content.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type { PayloadUploadStore, UploadedPayload } from '../../../core/ports/payload-upload-store.ts';
import type { CompletionRefusal, UploadedPart } from '../../../core/ports/upload-store.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import type { ObjectRows, Owner } from '../files/object-rows.ts';
import { prepareUploadStatements } from '../files/upload-statements.ts';
import type { SqlitePayloadStore } from './payloads.ts';

type SqlitePayloadUploadStoreDeps = {
  connection: Connection;
  writes: GroupCommit;
  rows: ObjectRows;
  payloads: SqlitePayloadStore;
};

export class SqlitePayloadUploadStore implements PayloadUploadStore {
  readonly #deps: SqlitePayloadUploadStoreDeps;
  readonly #statements;

  constructor(deps: SqlitePayloadUploadStoreDeps) {
    this.#deps = deps;
    this.#statements = prepareUploadStatements(deps.connection);
  }

  async content(uploadId: string): Promise<ContentPart[]> {
    return this.#deps.rows.partsOf(uploadId);
  }

  complete(
    uploadId: string,
    payload: UploadedPayload,
    parts: UploadedPart[],
    seal?: Seal<null>,
  ): Promise<'completed' | CompletionRefusal> {
    return this.#deps.writes.atomic((tx) => {
      const upload = this.#statements.findLive.get({ id: uploadId, now: payload.createdAt });
      if (upload === undefined) return 'upload_gone';
      const refusal = this.#take(tx, upload, payload, parts);
      if (refusal) return refusal;
      this.#statements.forget.run(uploadId);
      this.#deps.rows.unreserve(tx, upload);
      tx.keepAnswer(null, seal);
      if (!this.#deps.payloads.insertRow(tx, payload)) throw new Error('the id of a new payload is in use');
      return 'completed';
    });
  }

  /** @returns Why nothing was changed, or undefined if the bytes are the payload's now. */
  #take(
    tx: Transaction,
    upload: Owner,
    { id, content, size, isText, createdAt }: UploadedPayload,
    parts: UploadedPart[],
  ): CompletionRefusal | undefined {
    if (content.kind !== 'parts')
      return this.#deps.rows.take(tx, { content, size, isText }, upload.accountId) ? undefined : 'lease_lost';
    if (!this.#deps.rows.keepParts(tx, upload, parts, createdAt)) return 'parts_changed';
    this.#deps.rows.handOverParts(tx, upload.id, id);
    return undefined;
  }
}
