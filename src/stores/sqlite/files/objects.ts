import { and, desc, eq, getTableColumns, gt, gte, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type {
  EventFactory,
  ObjectFilter,
  ObjectStore,
  ReadObject,
  StoredObject,
} from '../../../core/ports/buckets/object-store.ts';
import { objectRowKey } from '../../../core/ports/changes.ts';
import type { ObjectContent } from '../../../core/ports/content/content.ts';
import type { Swept } from '../../../core/ports/swept.ts';
import {
  type ObjectReplacement,
  type ObjectRow,
  position,
  storedObject,
} from '../buckets/object-replacement.ts';
import { swept } from '../content/expired-rows.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import { contents, objects } from '../schema/index.ts';
import type { ObjectRows, Released } from './object-rows.ts';

const { placeholder } = sql;

type SqliteObjectStoreDeps = {
  connection: Connection;
  writes: GroupCommit;
  rows: ObjectRows;
  replacement: ObjectReplacement;
};

export class SqliteObjectStore implements ObjectStore {
  readonly #database: Connection['database'];
  readonly #deps: SqliteObjectStoreDeps;
  readonly #statements;

  constructor(deps: SqliteObjectStoreDeps) {
    this.#deps = deps;
    this.#database = deps.connection.database;
    this.#statements = prepareStatements(deps.connection);
  }

  async find(bucketId: string, id: string): Promise<StoredObject | undefined> {
    return this.#statements.find.get({ bucketId, id });
  }

  async findByKey(bucketId: string, key: string): Promise<StoredObject | undefined> {
    return this.#statements.findByKey.get({ bucketId, key });
  }

  read(bucketId: string, key: string): ReadObject | undefined {
    const row = this.#statements.row.get({ bucketId, key });
    const content = row && this.#contentOf(row);
    return row && content && { object: storedObject(row), content };
  }

  async listByKey(
    bucketId: string,
    from: string,
    before: string | undefined,
    now: number,
    limit: number,
  ): Promise<StoredObject[]> {
    return before === undefined
      ? this.#statements.listByKey.all({ bucketId, from, now, limit })
      : this.#statements.listByKeyBefore.all({ bucketId, from, before, now, limit });
  }

  async findPublic(publicId: string): Promise<StoredObject | undefined> {
    return this.#statements.findPublic.get({ publicId });
  }

  async content(id: string): Promise<ObjectContent | undefined> {
    const row = this.#statements.content.get({ id });
    return row && this.#contentOf({ ...row, id });
  }

  async list(
    bucketId: string,
    { before, prefix, tag }: ObjectFilter,
    now: number,
    limit: number,
  ): Promise<StoredObject[]> {
    const matches = [
      before === undefined ? undefined : lt(objects.n, Number(before)),
      // Not LIKE, since a file prefix may contain its wildcards.
      prefix === undefined ? undefined : sql`substr(${objects.prefix}, 1, length(${prefix})) = ${prefix}`,
      tag === undefined
        ? undefined
        : sql`EXISTS (SELECT 1 FROM json_each(${objects.tags}) WHERE value = ${tag})`,
    ];
    return this.#database
      .select(columns)
      .from(objects)
      .where(and(eq(objects.bucketId, bucketId), isNotNull(objects.publicId), isLive(now), ...matches))
      .orderBy(desc(objects.n))
      .limit(limit)
      .all();
  }

  remove(id: string, now: number): Promise<boolean> {
    return this.#deps.writes.atomic((tx) => {
      const removed = this.#statements.remove.get({ id, now });
      if (removed) this.#release(tx, removed, now);
      return removed !== undefined;
    });
  }

  async addDownloads(downloads: { id: string; count: number; lastDownloadAt: number }[]): Promise<void> {
    await this.#deps.writes.repeatable(() => {
      for (const download of downloads) this.#statements.addDownloads.run(download);
    });
  }

  expire(now: number, budget: number, events?: EventFactory): Promise<Swept> {
    return this.#deps.writes.repeatable((tx) => {
      const expired = this.#statements.expired.all({ now, limit: budget });
      const names = new Map<string, string | null>();
      for (const row of expired) {
        const { bucketId: id, accountId } = row;
        if (!names.has(id)) names.set(id, this.#statements.bucketName.get(id) ?? null);
        this.#deps.replacement.remove(tx, { id, accountId, name: names.get(id) ?? null }, row, now, events);
      }
      return swept(expired.length, budget);
    });
  }

  async earliestExpiry(): Promise<number | undefined> {
    return this.#statements.earliestExpiry.get()?.expiresAt ?? undefined;
  }

  #contentOf({
    id,
    contentN,
    blobKey,
  }: Pick<ObjectRow, 'id' | 'contentN' | 'blobKey'>): ObjectContent | undefined {
    if (blobKey !== null) return { kind: 'blob', key: blobKey };
    if (contentN === null) return { kind: 'parts', parts: this.#deps.rows.partsOf(id) };
    const row = this.#statements.inline.get({ n: contentN });
    return row && { kind: 'inline', data: row.data };
  }

  #release(tx: Transaction, released: RemovedRow, now: number): void {
    const { accountId, bucketId, key } = released;
    tx.changed('objects', objectRowKey(bucketId, key));
    this.#deps.rows.release(tx, { ...released, isInParts: released.isInParts === 1 }, now);
    this.#deps.rows.usage.book(tx, { accountId, storedBytes: -released.size, storedObjects: -1 });
  }
}

type RemovedRow = Omit<Released, 'isInParts'> & {
  accountId: string;
  bucketId: string;
  key: string;
  isInParts: number;
};

const { n: _n, ...all } = getTableColumns(objects);
const rowColumns = { position, ...all };
const { contentN: _contentN, blobKey: _blobKey, ...columns } = rowColumns;

function isLive(now: number | ReturnType<typeof placeholder>) {
  return or(isNull(objects.expiresAt), gt(objects.expiresAt, now));
}

function prepareStatements({ database, raw }: Connection) {
  const select = () => database.select(columns).from(objects);
  const isInBucket = eq(objects.bucketId, placeholder('bucketId'));
  const isInParts = sql<number>`${objects.contentN} IS NULL AND ${objects.blobKey} IS NULL`;
  const removed = {
    id: objects.id,
    accountId: objects.accountId,
    bucketId: objects.bucketId,
    key: objects.key,
    contentN: objects.contentN,
    blobKey: objects.blobKey,
    size: objects.size,
    isInParts,
  };
  return {
    find: select()
      .where(and(eq(objects.id, placeholder('id')), isInBucket))
      .prepare(),
    findByKey: select()
      .where(and(isInBucket, eq(objects.key, placeholder('key'))))
      .prepare(),
    findPublic: select()
      .where(eq(objects.publicId, placeholder('publicId')))
      .prepare(),
    content: database
      .select({ contentN: objects.contentN, blobKey: objects.blobKey })
      .from(objects)
      .where(eq(objects.id, placeholder('id')))
      .prepare(),
    inline: database
      .select({ data: contents.data })
      .from(contents)
      .where(eq(contents.n, placeholder('n')))
      .prepare(),
    remove: database
      .delete(objects)
      .where(and(eq(objects.id, placeholder('id')), isLive(placeholder('now'))))
      .returning(removed)
      .prepare(),
    addDownloads: database
      .update(objects)
      .set({
        downloads: sql`${objects.downloads} + ${placeholder('count')}`,
        lastDownloadAt: sql`${placeholder('lastDownloadAt')}`,
      })
      .where(eq(objects.id, placeholder('id')))
      .prepare(),
    row: database
      .select(rowColumns)
      .from(objects)
      .where(and(isInBucket, eq(objects.key, placeholder('key'))))
      .prepare(),
    listByKey: select()
      .where(and(isInBucket, gte(objects.key, placeholder('from')), isLive(placeholder('now'))))
      .orderBy(objects.key)
      .limit(placeholder('limit'))
      .prepare(),
    listByKeyBefore: select()
      .where(
        and(
          isInBucket,
          gte(objects.key, placeholder('from')),
          lt(objects.key, placeholder('before')),
          isLive(placeholder('now')),
        ),
      )
      .orderBy(objects.key)
      .limit(placeholder('limit'))
      .prepare(),
    bucketName: raw.prepare<[string], string | null>('SELECT name FROM buckets WHERE id = ?').pluck(),
    expired: database
      .select(rowColumns)
      .from(objects)
      .where(lte(objects.expiresAt, placeholder('now')))
      .orderBy(objects.expiresAt)
      .limit(placeholder('limit'))
      .prepare(),
    earliestExpiry: database
      .select({ expiresAt: objects.expiresAt })
      .from(objects)
      .where(sql`${objects.expiresAt} IS NOT NULL`)
      .orderBy(objects.expiresAt)
      .limit(1)
      .prepare(),
  };
}
