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
import type { Transaction } from '../database/transaction.ts';
import type { Writes } from '../database/writes.ts';
import { type CredentialRow, statements } from './account-statements.ts';

type OfAccount = Pick<StoredKey, 'accountId' | 'kind'>;

export class PostgresAccountStore implements AccountStore {
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  async insert(account: NewAccount, key?: NewKey): Promise<'inserted' | 'exists'> {
    const { id, name, plan, createdAt, expiresAt, filesBucketId, claimHash } = account;
    const values = [id, name, plan, createdAt, expiresAt, filesBucketId, claimHash, ...keyValues(key)];
    const { rows } = await this.#writes.single(statements.insert, values);
    return rows.length === 1 ? 'inserted' : 'exists';
  }

  insertKey(key: NewKey, maxKeys?: number, seal?: Seal<null>): Promise<'inserted' | 'limit_reached'> {
    return this.#writes.atomic(async (tx) => {
      if (maxKeys !== undefined && (await keysOf(tx, key)).length >= maxKeys) return 'limit_reached';
      await tx.run(statements.insertKey, [...keyValues(key), key.accountId]);
      await tx.keepAnswer(null, seal);
      return 'inserted';
    });
  }

  async find(id: string): Promise<StoredAccount | undefined> {
    const [account] = await this.#writes.sql.read<StoredAccount>(statements.find, [id]);
    return account;
  }

  async findByName(name: string): Promise<StoredAccount | undefined> {
    const [account] = await this.#writes.sql.read<StoredAccount>(statements.findByName, [name]);
    return account;
  }

  async findCredential(hash: Uint8Array): Promise<StoredCredential | undefined> {
    const [row] = await this.#writes.sql.read<CredentialRow>(statements.findCredential, [hash]);
    return row && credentialOf(row);
  }

  async findCredentialById(keyId: string): Promise<StoredCredential | undefined> {
    const [row] = await this.#writes.sql.read<CredentialRow>(statements.findCredentialById, [keyId]);
    return row && credentialOf(row);
  }

  async findClaimable(claimHash: Uint8Array): Promise<StoredAccount | undefined> {
    const [account] = await this.#writes.sql.read<StoredAccount>(statements.findClaimable, [claimHash]);
    return account;
  }

  claim(
    claimHash: Uint8Array,
    { email, plan, expiresAt }: { email: string; plan: string; expiresAt: number | null },
    now: number,
  ): Promise<boolean> {
    type Guest = Pick<StoredAccount, 'id' | 'expiresAt' | 'filesBucketId'>;
    return this.#writes.atomic(async (tx) => {
      // Other writers lock an object before the account.
      await tx.run(statements.lockFiles, [claimHash]);
      const guest = await tx.first<Guest>(statements.lockGuest, [claimHash, now]);
      if (guest === undefined) return false;
      tx.changed('credentials');
      await tx.run(statements.claim, [guest.id, email, plan, expiresAt]);
      // Files are not cached, so no change is announced (`Changes`).
      await tx.run(statements.changeExpiries, [guest.filesBucketId, guest.expiresAt, expiresAt]);
      return true;
    });
  }

  async usage(accountId: string): Promise<Usage> {
    const [usage] = await this.#writes.sql.read<Usage>(statements.usage, [accountId]);
    return usage ?? { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };
  }

  list(): Promise<(StoredAccount & Usage)[]> {
    return this.#writes.sql.read<StoredAccount & Usage>(statements.list);
  }

  async setPlan(accountId: string, plan: string): Promise<void> {
    await this.#writes.single(statements.setPlan, [accountId, plan], [{ table: 'credentials' }]);
  }

  listKeys(accountId?: string): Promise<(StoredKey & { accountName: string | null })[]> {
    const { sql } = this.#writes;
    // Those of all accounts may be millions.
    return accountId === undefined
      ? sql.readLong(statements.listKeys, [null])
      : sql.read(statements.listKeys, [accountId]);
  }

  revokeKey(
    id: string,
    now: number,
    of?: OfAccount,
    seal?: Seal<null>,
  ): Promise<'revoked' | 'key_gone' | 'last_key'> {
    return this.#writes.atomic(async (tx) => {
      if (of) {
        const ids = await keysOf(tx, of);
        if (!ids.includes(id)) return 'key_gone';
        if (ids.length === 1) return 'last_key';
      }
      const { count } = await tx.run(statements.revokeKey, [id, now]);
      if (count === 0) return 'key_gone';
      tx.changed('credentials');
      await tx.keepAnswer(null, seal);
      return 'revoked';
    });
  }

  async touchKeys(lastUses: { id: string; lastUsedAt: number }[]): Promise<void> {
    const values = [lastUses.map(({ id }) => id), lastUses.map(({ lastUsedAt }) => lastUsedAt)];
    // Not announced: that would empty the caches of all nodes every second, for a time that may be a little old.
    await this.#writes.single(statements.touchKeys, values);
  }

  /**
   * A put inserts an object, which locks its bucket, and books the account last. So the buckets are locked first: no
   * put can then be on its way, each earlier one is booked, and each later one finds no bucket.
   *
   * Deleting an account deletes its webhooks, and with them their deliveries. Of those there may be very many, so they
   * are removed in batches before.
   */
  expire(now: number, budget: number): Promise<Swept> {
    return this.#writes.atomic(async (tx) => {
      const buckets = await tx.all<{ id: string; accountId: string }>(statements.lockBuckets, [now, budget]);
      const candidates = [...new Set(buckets.map(({ accountId }) => accountId))];
      const expired = await tx.all<{ id: string }>(statements.lockExpired, [candidates, now]);
      const ids = expired.map(({ id }) => id);
      await tx.run(statements.lockWebhooks, [ids]);
      const { count: deliveries } = await tx.run(statements.removeDeliveries, [ids, budget]);
      const { count } = await tx.run(statements.remove, [ids, buckets.map(({ id }) => id)]);
      if (count > 0) {
        tx.changed('credentials');
        // The cascade deleted their buckets.
        tx.changed('buckets');
      }
      return { removed: count, isDone: candidates.length < budget && deliveries < budget };
    });
  }
}

/** The ids of the keys of an account and kind. Until the transaction ends, no other one can depend on their number. */
async function keysOf(tx: Transaction, { accountId, kind }: OfAccount): Promise<string[]> {
  await tx.run(statements.lockAccount, [accountId]);
  const rows = await tx.all<{ id: string }>(statements.keysOf, [accountId, kind]);
  return rows.map(({ id }) => id);
}

function keyValues(key: NewKey | undefined): unknown[] {
  if (key === undefined) return [null, null, null, null, null, null];
  return [key.id, key.kind, key.name, key.prefix, key.hash, key.createdAt];
}

function credentialOf(row: CredentialRow): StoredCredential {
  const { keyId, accountId, keyName, keyCreatedAt } = row;
  const { kind, prefix, lastUsedAt, hash, name, plan, createdAt, expiresAt, filesBucketId } = row;
  return {
    key: { id: keyId, accountId, kind, name: keyName, prefix, createdAt: keyCreatedAt, lastUsedAt },
    hash,
    account: { id: accountId, name, plan, createdAt, expiresAt, filesBucketId },
  };
}
