import { asc, eq, sql } from 'drizzle-orm';
import type { BanStore } from '../../../core/ports/accounts/ban-store.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import { bannedAddresses } from '../schema/index.ts';

const { placeholder } = sql;

export class SqliteBanStore implements BanStore {
  readonly #writes: GroupCommit;
  readonly #statements;

  constructor(connection: Connection, writes: GroupCommit) {
    this.#writes = writes;
    this.#statements = prepareStatements(connection);
  }

  /** The oldest ban first. */
  async list(): Promise<string[]> {
    return this.#statements.list.all().map(({ range }) => range);
  }

  /** Adding a range again changes nothing. */
  async add(range: string, now: number): Promise<void> {
    await this.#writes.single(() => this.#statements.add.run({ range, createdAt: now }));
  }

  async remove(range: string): Promise<boolean> {
    const { changes } = await this.#writes.single(() => this.#statements.remove.run({ range }));
    return changes === 1;
  }
}

function prepareStatements({ database }: Connection) {
  return {
    list: database
      .select({ range: bannedAddresses.range })
      .from(bannedAddresses)
      .orderBy(asc(bannedAddresses.createdAt), asc(bannedAddresses.range))
      .prepare(),
    add: database
      .insert(bannedAddresses)
      .values({ range: placeholder('range'), createdAt: placeholder('createdAt') })
      .onConflictDoNothing()
      .prepare(),
    remove: database
      .delete(bannedAddresses)
      .where(eq(bannedAddresses.range, placeholder('range')))
      .prepare(),
  };
}
