import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { Answer } from '../../core/ports/idempotency-store.ts';
import type { PayloadStore, RemovedBatch, StoredPayload } from '../../core/ports/payload-store.ts';
import type { Connection } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import type { SqliteIdempotencyStore } from './idempotency.ts';
import type { SqliteBlobJournal } from './journal.ts';
import { payloads } from './schema.ts';
import type { SqliteStorageMeter } from './storage-meter.ts';

const { placeholder } = sql;

export class SqlitePayloadStore implements PayloadStore {
  readonly #writes: GroupCommit;
  readonly #journal: SqliteBlobJournal;
  readonly #idempotency: SqliteIdempotencyStore;
  readonly #meter: SqliteStorageMeter;
  readonly #statements;

  constructor(
    connection: Connection,
    writes: GroupCommit,
    journal: SqliteBlobJournal,
    idempotency: SqliteIdempotencyStore,
    meter: SqliteStorageMeter,
  ) {
    this.#writes = writes;
    this.#journal = journal;
    this.#idempotency = idempotency;
    this.#meter = meter;
    this.#statements = prepareStatements(connection);
  }

  async insert(payload: StoredPayload, answer?: Answer): Promise<boolean> {
    const { content, ...columns } = payload;
    const insertRow = (data: string | Uint8Array | null, blobKey: string | null) =>
      this.#statements.insert.run({ ...columns, isText: columns.isText ? 1 : 0, content: data, blobKey });
    if (content.kind === 'inline') {
      if (answer === undefined) await this.#writes.single(() => insertRow(content.data, null));
      else
        await this.#writes.atomic(() => {
          insertRow(content.data, null);
          this.#idempotency.answerWithin(answer);
        });
      return true;
    }
    return this.#writes.atomic(() => {
      if (!this.#journal.publishWithin(content.key)) return false;
      insertRow(null, content.key);
      this.#meter.addWithin(payload.size);
      if (answer) this.#idempotency.answerWithin(answer);
      return true;
    });
  }

  async find(id: string): Promise<StoredPayload | undefined> {
    const row = this.#statements.find.get({ id });
    if (row === undefined) return undefined;
    return {
      id: row.id,
      mediaType: row.mediaType,
      content:
        row.blobKey === null
          ? { kind: 'inline', data: row.content ?? '' }
          : { kind: 'blob', key: row.blobKey },
      size: row.size,
      isText: row.isText,
      createdAt: row.createdAt,
      expiresAt: row.expiresAt,
      readsLeft: row.readsLeft,
      deleteTokenHash: row.deleteTokenHash,
      name: row.name,
    };
  }

  takeRead(id: string, now: number): Promise<number | undefined> {
    return this.#writes.atomic(() => {
      const taken = this.#statements.takeRead.get({ id, now });
      if (taken?.readsLeft === 0) this.#removeWithin(id, now);
      return taken?.readsLeft ?? undefined;
    });
  }

  remove(id: string, now: number, answer?: Answer): Promise<boolean> {
    return this.#writes.atomic(() => {
      const removed = this.#removeWithin(id, now);
      if (removed && answer) this.#idempotency.answerWithin(answer);
      return removed;
    });
  }

  removeExpired(now: number, limit: number): Promise<RemovedBatch> {
    return this.#writes.atomic(() => {
      const removed = this.#statements.removeExpired.all({ now, limit });
      const blobs = this.#letGo(removed, now);
      return { rows: removed.length, blobs };
    });
  }

  async earliestExpiry(): Promise<number | undefined> {
    return this.#statements.earliestExpiry.get()?.expiresAt;
  }

  #removeWithin(id: string, now: number): boolean {
    const removed = this.#statements.remove.all({ id, now });
    this.#letGo(removed, now);
    return removed.length > 0;
  }

  /** Hands the blobs of removed rows to the journal. @returns How many there were. */
  #letGo(removed: { blobKey: string | null; size: number }[], now: number): number {
    let blobs = 0;
    for (const { blobKey, size } of removed) {
      if (blobKey === null) continue;
      this.#journal.discardWithin(blobKey, now);
      this.#meter.addWithin(-size);
      blobs += 1;
    }
    return blobs;
  }
}

function prepareStatements({ database }: Connection) {
  const isLive = and(eq(payloads.id, placeholder('id')), gt(payloads.expiresAt, placeholder('now')));
  const removed = { blobKey: payloads.blobKey, size: payloads.size };
  return {
    insert: database
      .insert(payloads)
      .values({
        id: placeholder('id'),
        mediaType: placeholder('mediaType'),
        content: placeholder('content'),
        blobKey: placeholder('blobKey'),
        size: placeholder('size'),
        isText: placeholder('isText'),
        createdAt: placeholder('createdAt'),
        expiresAt: placeholder('expiresAt'),
        readsLeft: placeholder('readsLeft'),
        deleteTokenHash: placeholder('deleteTokenHash'),
        name: placeholder('name'),
      })
      .prepare(),
    find: database
      .select()
      .from(payloads)
      .where(eq(payloads.id, placeholder('id')))
      .prepare(),
    takeRead: database
      .update(payloads)
      .set({ readsLeft: sql`${payloads.readsLeft} - 1` })
      .where(and(isLive, gt(payloads.readsLeft, 0)))
      .returning({ readsLeft: payloads.readsLeft })
      .prepare(),
    remove: database.delete(payloads).where(isLive).returning(removed).prepare(),
    removeExpired: database
      .delete(payloads)
      .where(
        sql`${payloads.n} IN (SELECT ${payloads.n} FROM ${payloads}
          WHERE ${lte(payloads.expiresAt, placeholder('now'))}
          ORDER BY ${payloads.expiresAt} LIMIT ${placeholder('limit')})`,
      )
      .returning(removed)
      .prepare(),
    earliestExpiry: database
      .select({ expiresAt: payloads.expiresAt })
      .from(payloads)
      .orderBy(payloads.expiresAt)
      .limit(1)
      .prepare(),
  };
}
