import { and, asc, eq, gt, isNotNull, isNull, lte, or, sql } from 'drizzle-orm';
import type {
  AccountStore,
  NewAccount,
  NewKey,
  StoredAccount,
  StoredCredential,
  StoredKey,
  Usage,
} from '../../../core/ports/accounts/account-store.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type { Swept } from '../../../core/ports/swept.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import { accounts, buckets, keys, objects } from '../schema/index.ts';

const { placeholder } = sql;

export class SqliteAccountStore implements AccountStore {
  readonly #database: Connection['database'];
  readonly #writes: GroupCommit;
  readonly #statements;

  constructor(connection: Connection, writes: GroupCommit) {
    this.#database = connection.database;
    this.#writes = writes;
    this.#statements = prepareStatements(connection);
  }

  insert(account: NewAccount, key?: NewKey): Promise<'inserted' | 'exists'> {
    const { id: accountId, filesBucketId, createdAt } = account;
    const noUsage = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };
    return this.#writes.atomic(() => {
      const { changes } = this.#database
        .insert(accounts)
        .values({ ...account, ...noUsage })
        .onConflictDoNothing()
        .run();
      if (changes === 0) return 'exists';
      this.#database.insert(buckets).values({ id: filesBucketId, accountId, createdAt }).run();
      if (key) this.#database.insert(keys).values(key).run();
      return 'inserted';
    });
  }

  insertKey(key: NewKey, maxKeys?: number, seal?: Seal<null>): Promise<'inserted' | 'limit_reached'> {
    return this.#writes.atomic((tx) => {
      if (maxKeys !== undefined && this.#countKeys(tx, key) >= maxKeys) return 'limit_reached';
      this.#database.insert(keys).values(key).run();
      tx.keepAnswer(null, seal);
      return 'inserted';
    });
  }

  async find(id: string): Promise<StoredAccount | undefined> {
    return this.#statements.findAccount.get({ id });
  }

  async findByName(name: string): Promise<StoredAccount | undefined> {
    return this.#accounts().where(eq(accounts.name, name)).get();
  }

  findCredential(hash: Uint8Array): StoredCredential | undefined {
    // Two queries: one with a join took five times as long (docs/decisions.md).
    return this.#withAccount(this.#statements.findKey.get({ hash }));
  }

  async findCredentialById(keyId: string): Promise<StoredCredential | undefined> {
    return this.#withAccount(this.#statements.findKeyById.get({ id: keyId }));
  }

  async findClaimable(claimHash: Uint8Array): Promise<StoredAccount | undefined> {
    return this.#accounts().where(eq(accounts.claimHash, claimHash)).get();
  }

  claim(
    claimHash: Uint8Array,
    { email, plan, expiresAt }: { email: string; plan: string; expiresAt: number | null },
    now: number,
  ): Promise<boolean> {
    const isLive = or(isNull(accounts.expiresAt), gt(accounts.expiresAt, now));
    return this.#writes.atomic((tx) => {
      const guest = this.#database
        .select({ id: accounts.id, expiresAt: accounts.expiresAt, filesBucketId: accounts.filesBucketId })
        .from(accounts)
        .where(and(eq(accounts.claimHash, claimHash), isLive))
        .get();
      if (guest === undefined) return false;
      const { id } = guest;
      tx.changed('credentials');
      this.#database
        .update(accounts)
        .set({ email, plan, expiresAt, claimHash: null })
        .where(eq(accounts.id, id))
        .run();
      // Objects with the expiry of the account get its new expiry. No object outlives the account.
      const expiresWithAccount = sql`${objects.expiresAt} IS ${guest.expiresAt}`;
      const outlivesAccount = expiresAt === null ? undefined : gt(objects.expiresAt, expiresAt);
      const isInBucket = eq(objects.bucketId, guest.filesBucketId);
      // Files are not cached, so no change is announced (`Changes`).
      this.#database
        .update(objects)
        .set({ expiresAt })
        .where(and(isInBucket, or(expiresWithAccount, outlivesAccount)))
        .run();
      return true;
    });
  }

  async usage(accountId: string): Promise<Usage> {
    const usage = this.#database.select(usageColumns).from(accounts).where(eq(accounts.id, accountId)).get();
    return usage ?? { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };
  }

  async list(): Promise<(StoredAccount & Usage)[]> {
    return this.#database
      .select({ ...accountColumns, ...usageColumns })
      .from(accounts)
      .where(isNotNull(accounts.name))
      .orderBy(accounts.name)
      .all();
  }

  async setPlan(accountId: string, plan: string): Promise<void> {
    await this.#writes.single((tx) => {
      tx.changed('credentials');
      this.#database.update(accounts).set({ plan }).where(eq(accounts.id, accountId)).run();
    });
  }

  async listKeys(accountId?: string): Promise<(StoredKey & { accountName: string | null })[]> {
    const isOfAccount = accountId === undefined ? undefined : eq(keys.accountId, accountId);
    return this.#database
      .select({ ...keyColumns, accountName: accounts.name })
      .from(keys)
      .innerJoin(accounts, eq(accounts.id, keys.accountId))
      .where(and(isNull(keys.revokedAt), isOfAccount))
      .orderBy(asc(keys.createdAt), asc(keys.id))
      .all();
  }

  revokeKey(
    id: string,
    now: number,
    of?: Pick<StoredKey, 'accountId' | 'kind'>,
    seal?: Seal<null>,
  ): Promise<'revoked' | 'key_gone' | 'last_key'> {
    const isOfAccount = of && and(eq(keys.accountId, of.accountId), eq(keys.kind, of.kind));
    const isKey = and(eq(keys.id, id), isNull(keys.revokedAt), isOfAccount);
    return this.#writes.atomic((tx) => {
      const key = this.#database.select({ id: keys.id }).from(keys).where(isKey).get();
      if (key === undefined) return 'key_gone';
      if (of && this.#countKeys(tx, of) === 1) return 'last_key';
      tx.changed('credentials');
      this.#database.update(keys).set({ revokedAt: now }).where(isKey).run();
      tx.keepAnswer(null, seal);
      return 'revoked';
    });
  }

  async touchKeys(lastUses: { id: string; lastUsedAt: number }[]): Promise<void> {
    await this.#writes.repeatable((tx) => {
      // A cached credential would keep the earlier time, and each use would be recorded.
      tx.changed('credentials');
      for (const { id, lastUsedAt } of lastUses) this.#statements.touchKey.run({ id, lastUsedAt });
    });
  }

  /**
   * Deleting an account deletes its webhooks, and with them their deliveries. Of those there may be very many, so they
   * are removed in batches before.
   */
  expire(now: number, budget: number): Promise<Swept> {
    const { findExpired, removeDeliveries, remove } = this.#statements;
    return this.#writes.repeatable((tx) => {
      let [removed, deliveries] = [0, 0];
      const expired = findExpired.all({ now, limit: budget });
      for (const { id } of expired) {
        if (deliveries < budget) deliveries += removeDeliveries.run(id, budget - deliveries).changes;
        if (deliveries < budget) removed += remove.run(id).changes;
      }
      if (removed > 0) {
        tx.changed('credentials');
        // The cascade deleted their buckets.
        tx.changed('buckets');
      }
      return { removed, isDone: expired.length < budget && deliveries < budget };
    });
  }

  #withAccount(found: (StoredKey & { hash: Uint8Array }) | undefined): StoredCredential | undefined {
    if (found === undefined) return undefined;
    const { hash, ...key } = found;
    const account = this.#statements.findAccount.get({ id: key.accountId });
    return account && { key, hash, account };
  }

  #countKeys(_tx: Transaction, { accountId, kind }: Pick<StoredKey, 'accountId' | 'kind'>): number {
    return this.#statements.countKeys.get(accountId, kind) ?? 0;
  }

  #accounts() {
    return this.#database.select(accountColumns).from(accounts);
  }
}

const accountColumns = {
  id: accounts.id,
  name: accounts.name,
  plan: accounts.plan,
  createdAt: accounts.createdAt,
  expiresAt: accounts.expiresAt,
  filesBucketId: accounts.filesBucketId,
};
const usageColumns = {
  storedBytes: accounts.storedBytes,
  storedObjects: accounts.storedObjects,
  reservedBytes: accounts.reservedBytes,
  reservedObjects: accounts.reservedObjects,
};
const keyColumns = {
  id: keys.id,
  accountId: keys.accountId,
  kind: keys.kind,
  name: keys.name,
  prefix: keys.prefix,
  createdAt: keys.createdAt,
  lastUsedAt: keys.lastUsedAt,
};

function prepareStatements({ database, raw }: Connection) {
  const holdsNothing = and(eq(accounts.storedObjects, 0), eq(accounts.reservedObjects, 0));
  const expired = database
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(lte(accounts.expiresAt, placeholder('now')), holdsNothing))
    .limit(placeholder('limit'));
  return {
    findKey: database
      .select({ ...keyColumns, hash: keys.hash })
      .from(keys)
      .where(and(eq(keys.hash, placeholder('hash')), isNull(keys.revokedAt)))
      .prepare(),
    findKeyById: database
      .select({ ...keyColumns, hash: keys.hash })
      .from(keys)
      .where(and(eq(keys.id, placeholder('id')), isNull(keys.revokedAt)))
      .prepare(),
    countKeys: raw
      .prepare<[string, string], number>(
        'SELECT count(*) FROM keys WHERE account_id = ? AND kind = ? AND revoked_at IS NULL',
      )
      .pluck(),
    findAccount: database
      .select(accountColumns)
      .from(accounts)
      .where(eq(accounts.id, placeholder('id')))
      .prepare(),
    touchKey: database
      .update(keys)
      .set({ lastUsedAt: sql`${placeholder('lastUsedAt')}` })
      .where(eq(keys.id, placeholder('id')))
      .prepare(),
    findExpired: expired.prepare(),
    removeDeliveries: raw.prepare<[string, number]>(
      `DELETE FROM webhook_deliveries WHERE n IN (
         SELECT n FROM webhooks JOIN webhook_deliveries ON webhook_id = webhooks.id WHERE account_id = ? LIMIT ?)`,
    ),
    remove: raw.prepare<[string]>('DELETE FROM accounts WHERE id = ?'),
  };
}
