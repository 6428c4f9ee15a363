import { asc, eq, sql } from 'drizzle-orm';
import type { BlockStore } from '../../../core/ports/content/block-store.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import { blockedContents } from '../schema/index.ts';

const { placeholder } = sql;

export class SqliteBlockStore implements BlockStore {
  readonly #writes: GroupCommit;
  readonly #statements;

  constructor(connection: Connection, writes: GroupCommit) {
    this.#writes = writes;
    this.#statements = prepareStatements(connection);
  }

  async list(): Promise<{ hash: Uint8Array; createdAt: number }[]> {
    return this.#statements.list.all();
  }

  async any(): Promise<boolean> {
    return this.#statements.any.get() === 1;
  }

  async has(hash: Uint8Array): Promise<boolean> {
    return this.#statements.find.get({ hash }) !== undefined;
  }

  async add(hash: Uint8Array, now: number): Promise<void> {
    await this.#writes.single(() => this.#statements.add.run({ hash, createdAt: now }));
  }

  async remove(hash: Uint8Array): Promise<boolean> {
    const { changes } = await this.#writes.single(() => this.#statements.remove.run({ hash }));
    return changes === 1;
  }
}

function prepareStatements({ database, raw }: Connection) {
  const hasHash = eq(blockedContents.hash, placeholder('hash'));
  return {
    list: database
      .select()
      .from(blockedContents)
      .orderBy(asc(blockedContents.createdAt), asc(blockedContents.hash))
      .prepare(),
    any: raw.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM blocked_contents)').pluck(),
    find: database.select().from(blockedContents).where(hasHash).prepare(),
    add: database
      .insert(blockedContents)
      .values({ hash: placeholder('hash'), createdAt: placeholder('createdAt') })
      .onConflictDoNothing()
      .prepare(),
    remove: database.delete(blockedContents).where(hasHash).prepare(),
  };
}
