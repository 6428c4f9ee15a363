import type { PlacedContent } from '../../core/ports/content.ts';
import type { ObjectDescription, StoredObject } from '../../core/ports/object-store.ts';
import type {
  Confirmation,
  Quota,
  QuotaVerdict,
  StoredUpload,
  UploadedPart,
  UploadStore,
} from '../../core/ports/upload-store.ts';
import type { OutgoingEvent } from '../../core/ports/webhook-store.ts';
import type { Connection } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import type { SqliteBlobJournal } from './journal.ts';
import { descriptionOf, type ObjectRows, type Place } from './object-rows.ts';
import { parts } from './schema/index.ts';
import { prepareUploadStatements, type RemovedUpload } from './upload-statements.ts';
import type { SqliteWebhookStore } from './webhooks.ts';

export class SqliteUploadStore implements UploadStore {
  readonly #database: Connection['database'];
  readonly #writes: GroupCommit;
  readonly #rows: ObjectRows;
  readonly #journal: SqliteBlobJournal;
  readonly #webhooks: SqliteWebhookStore;
  readonly #statements;

  constructor(
    connection: Connection,
    writes: GroupCommit,
    rows: ObjectRows,
    journal: SqliteBlobJournal,
    webhooks: SqliteWebhookStore,
  ) {
    this.#database = connection.database;
    this.#writes = writes;
    this.#rows = rows;
    this.#journal = journal;
    this.#webhooks = webhooks;
    this.#statements = prepareUploadStatements(connection);
  }

  reserve(upload: StoredUpload, quota: Quota, directKeyEnds = 0): Promise<QuotaVerdict> {
    const { isReceived, ...row } = upload;
    const { accountId, declaredSize, directKey } = row;
    return this.#writes.atomic(() => {
      const verdict = this.#weigh(accountId, declaredSize, quota);
      if (verdict !== 'within') return verdict;
      this.#rows.bookWithin({ accountId, reservedBytes: declaredSize, reservedObjects: 1 });
      this.#statements.insert(row);
      if (directKey !== null) this.#journal.reserveWithin(directKey, directKeyEnds, directKeyEnds);
      return verdict;
    });
  }

  async setDirectUploadId(id: string, directUploadId: string): Promise<void> {
    await this.#writes.atomic(() => {
      this.#statements.setDirectUploadId.run({ id, directUploadId });
      const directKey = this.#statements.find.get({ id })?.directKey;
      if (directKey) this.#journal.noteUploadWithin(directKey, directUploadId);
    });
  }

  async find(id: string): Promise<StoredUpload | undefined> {
    const row = this.#statements.find.get({ id });
    if (row === undefined) return undefined;
    const { receivedAt, ...upload } = row;
    return { ...upload, isReceived: receivedAt !== null };
  }

  receive(id: string, placed: PlacedContent, now: number): Promise<boolean | undefined> {
    return this.#writes.atomic(() => {
      const before = this.#statements.findLive.get({ id, now });
      if (before === undefined) return false;
      const place = this.#rows.takeWithin(placed);
      if (place === undefined) return undefined;
      this.#statements.receive.run(place.contentN, place.blobKey, Number(place.isText), now, id);
      this.#rows.releaseWithin({ ...before, size: before.declaredSize, isInParts: false }, now);
      return true;
    });
  }

  receivePart(
    id: string,
    number: number,
    etag: string,
    placed: PlacedContent,
    now: number,
  ): Promise<boolean | undefined> {
    const { content, size } = placed;
    if (content.kind === 'inline') throw new Error('a part is always a blob of its own');
    return this.#writes.atomic(() => {
      if (this.#statements.findLive.get({ id, now }) === undefined) return false;
      if (this.#rows.takeWithin(placed) === undefined) return undefined;
      this.#rows.releasePartsWithin(id, now, [number]);
      this.#database.insert(parts).values({ ownerId: id, number, blobKey: content.key, size, etag }).run();
      return true;
    });
  }

  async parts(id: string): Promise<UploadedPart[]> {
    return this.#statements.parts.all({ id });
  }

  confirm(
    upload: StoredUpload,
    confirmation: Confirmation,
    event?: OutgoingEvent,
    wanted?: UploadedPart[],
  ): Promise<StoredObject | undefined> {
    const { id } = upload;
    return this.#writes.atomic(() => {
      const row = this.#statements.findLive.get({ id, now: confirmation.at });
      if (row === undefined || (row.receivedAt === null) === (wanted === undefined)) return undefined;
      if (wanted && !this.#keepPartsWithin(id, wanted, confirmation.at)) return undefined;
      const size = wanted ? wanted.reduce((sum, part) => sum + part.size, 0) : row.declaredSize;
      return this.#becomeWithin(upload, row, size, confirmation, event);
    });
  }

  confirmDirect(
    upload: StoredUpload,
    placed: PlacedContent,
    confirmation: Confirmation,
    event?: OutgoingEvent,
  ): Promise<StoredObject | undefined | false> {
    const { id, directKey } = upload;
    return this.#writes.atomic(() => {
      if (this.#statements.findLive.get({ id, now: confirmation.at }) === undefined) return undefined;
      const place = this.#rows.takeWithin(placed);
      if (place === undefined) return false;
      const { content } = placed;
      // Its bytes were copied: what is there, and what a late PUT brings, can go.
      if (directKey !== null && !(content.kind === 'blob' && content.key === directKey))
        this.#journal.discardWithin(directKey, confirmation.at);
      return this.#becomeWithin(upload, place, placed.size, confirmation, event);
    });
  }

  abort(id: string, now: number): Promise<boolean> {
    return this.#writes.atomic(() => {
      const row = this.#statements.remove.get({ id });
      if (row) this.#releaseWithin(row, now);
      return row !== undefined;
    });
  }

  removeExpired(now: number, limit: number): Promise<number> {
    return this.#writes.repeatable(() => {
      const removed = this.#statements.removeExpired.all({ now, limit });
      for (const row of removed) this.#releaseWithin(row, now);
      return removed.length;
    });
  }

  async earliestExpiry(): Promise<number | undefined> {
    return this.#statements.earliestExpiry.get()?.expiresAt;
  }

  #weigh(accountId: string, size: number, { maxStoredBytes, maxObjects }: Quota): QuotaVerdict {
    const held = this.#rows.usageWithin(accountId) ?? { bytes: 0, objects: 0 };
    if (maxStoredBytes !== null && held.bytes + size > maxStoredBytes) return 'bytes_exceeded';
    if (maxObjects !== null && held.objects + 1 > maxObjects) return 'objects_exceeded';
    return 'within';
  }

  /** @returns Whether all of them are here. Others of the upload are let go of. */
  #keepPartsWithin(id: string, wanted: UploadedPart[], now: number): boolean {
    const here = new Map(this.#statements.parts.all({ id }).map((part) => [part.number, part]));
    for (const { number, etag } of wanted) if (here.get(number)?.etag !== etag) return false;
    for (const { number } of wanted) here.delete(number);
    if (here.size > 0) this.#rows.releasePartsWithin(id, now, [...here.keys()]);
    return true;
  }

  #becomeWithin(
    upload: StoredUpload,
    place: Place,
    size: number,
    confirmation: Confirmation,
    event: OutgoingEvent | undefined,
  ): StoredObject {
    const { id, accountId, declaredSize } = upload;
    this.#statements.forget.run(id);
    this.#rows.bookWithin({
      accountId,
      storedBytes: size,
      storedObjects: 1,
      reservedBytes: -declaredSize,
      reservedObjects: -1,
    });
    if (event) this.#webhooks.enterWithin(event);
    return this.#insertObjectWithin(upload, place, size, confirmation);
  }

  #insertObjectWithin(
    object: ObjectDescription & { id: string },
    { contentN, blobKey, isText }: Place,
    size: number,
    { etag, at, expiresAt, metadata }: Confirmation,
  ): StoredObject {
    const ends = [expiresAt, this.#rows.expiryWithin(object.accountId)].filter((end) => end !== null);
    const row = {
      ...descriptionOf(object),
      id: object.id,
      size,
      etag,
      metadata,
      createdAt: at,
      updatedAt: at,
      expiresAt: ends.length === 0 ? null : Math.min(...ends),
      downloads: 0,
    };
    const position = this.#statements.insertObject({ ...row, contentN, blobKey, isText });
    return { ...row, position, isText, lastDownloadAt: null };
  }

  #releaseWithin(row: RemovedUpload, now: number): void {
    const { accountId, declaredSize, directKey, partSize } = row;
    this.#rows.releaseWithin({ ...row, size: declaredSize, isInParts: partSize !== null }, now);
    this.#rows.bookWithin({ accountId, reservedBytes: -declaredSize, reservedObjects: -1 });
    if (directKey !== null) this.#journal.discardWithin(directKey, now);
  }
}
