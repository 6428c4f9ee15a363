import type { Seal } from './idempotency-store.ts';
import type { Swept } from './swept.ts';

/** Which API a key is for; one for payloads can only create them. */
export type KeyKind = 'putput' | 'uploadkit' | 'storage' | 'payload';

/** What an account holds, and what uploads under way have reserved; bytes and numbers of objects. */
export type Usage = {
  storedBytes: number;
  storedObjects: number;
  reservedBytes: number;
  reservedObjects: number;
};

/** Times are milliseconds since the epoch. */
export type StoredAccount = {
  id: string;
  /** What the operator calls it; null for those that came by themselves. */
  name: string | null;
  plan: string;
  createdAt: number;
  /** When the account ends, with all that it holds; null for never. */
  expiresAt: number | null;
  /** The bucket of its files: of the objects of the APIs that know no buckets. */
  filesBucketId: string;
};

export type StoredKey = {
  id: string;
  accountId: string;
  kind: KeyKind;
  name: string | null;
  /** The beginning of the secret, to tell keys apart by. */
  prefix: string;
  createdAt: number;
  lastUsedAt: number | null;
};

export type NewAccount = StoredAccount & {
  /** SHA-256 of the token by which somebody can make the account theirs. */
  claimHash: Uint8Array | null;
};
export type NewKey = Omit<StoredKey, 'lastUsedAt'> & { hash: Uint8Array };

/** A key and the account that it is of. `hash` is the SHA-256 of the secret. */
export type StoredCredential = { key: StoredKey; hash: Uint8Array; account: StoredAccount };

/** Accounts and their keys. Every promise of a write resolves only when the write is durable. */
export interface AccountStore {
  /** Makes an account, its bucket of files, and its first key. @returns False where its name or id is taken. */
  insert(account: NewAccount, key?: NewKey): Promise<boolean>;

  /** @param maxKeys How many keys of the same kind an account may have. */
  insertKey(key: NewKey, maxKeys?: number, seal?: Seal<null>): Promise<'inserted' | 'limit_reached'>;

  find(id: string): Promise<StoredAccount | undefined>;

  findByName(name: string): Promise<StoredAccount | undefined>;

  /**
   * The same as `findCredential`, where it is in memory and needs no query; undefined says nothing. It holds for
   * this turn of the event loop.
   */
  cachedCredential(hash: Uint8Array): StoredCredential | undefined;

  /** The key with this hash, unless it was revoked; its account may have expired. */
  findCredential(hash: Uint8Array): Promise<StoredCredential | undefined>;

  /** The same by the key's id. */
  findCredentialById(keyId: string): Promise<StoredCredential | undefined>;

  /** The account that waits for this claim. */
  findClaimable(claimHash: Uint8Array): Promise<StoredAccount | undefined>;

  /**
   * Gives a claimed account its owner, plan and expiry, and the same expiry to what expired with it. The
   * claim is used up: of two at once, one wins.
   */
  claim(
    claimHash: Uint8Array,
    owner: { email: string; plan: string; expiresAt: number | null },
    now: number,
  ): Promise<boolean>;

  usage(accountId: string): Promise<Usage>;

  /** Accounts that have a name, by their names. */
  list(): Promise<(StoredAccount & Usage)[]>;

  setPlan(accountId: string, plan: string): Promise<void>;

  /** Keys that were not revoked, the oldest first; of one account, or of all. */
  listKeys(accountId?: string): Promise<(StoredKey & { accountName: string | null })[]>;

  /**
   * @param of Revokes only a key of this account and kind that is not the last one; any key if omitted.
   * @returns `key_gone` if there is no such key or it was revoked.
   */
  revokeKey(
    id: string,
    now: number,
    of?: Pick<StoredKey, 'accountId' | 'kind'>,
    seal?: Seal<null>,
  ): Promise<'revoked' | 'key_gone' | 'last_key'>;

  /** Takes note of when keys were last used. Need not be durable at once. */
  touchKeys(lastUses: { id: string; lastUsedAt: number }[]): Promise<void>;

  /** Removes about `budget` expired accounts that store nothing. */
  expire(now: number, budget: number): Promise<Swept>;
}
