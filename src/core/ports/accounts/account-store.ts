import type { Seal } from '../idempotency-store.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { Swept } from '../swept.ts';

/** The API that a key is for. A payload key can only create payloads. */
export type KeyKind = 'putput' | 'uploadkit' | 'storage' | 'payload';

/** What an account stores and what its uploads reserve: bytes, and numbers of objects. */
export type Usage = {
  storedBytes: number;
  storedObjects: number;
  reservedBytes: number;
  reservedObjects: number;
};

/** Times are milliseconds since the epoch. */
export type StoredAccount = {
  id: string;
  /** The name that the operator gave it; null for guests and claimed accounts. */
  name: string | null;
  plan: string;
  createdAt: number;
  /** The expiry of the account and all its content; null for never. */
  expiresAt: number | null;
  /** The unnamed bucket of its files. */
  filesBucketId: string;
};

export type StoredKey = {
  id: string;
  accountId: string;
  kind: KeyKind;
  name: string | null;
  /** The secret prefix, which identifies the key for people. */
  prefix: string;
  createdAt: number;
  lastUsedAt: number | null;
};

export type NewAccount = StoredAccount & {
  /** SHA-256 of the claim. */
  claimHash: Uint8Array | null;
};
export type NewKey = Omit<StoredKey, 'lastUsedAt'> & { hash: Uint8Array };

/** A key and its account. `hash` is the SHA-256 of the secret. */
export type StoredCredential = { key: StoredKey; hash: Uint8Array; account: StoredAccount };

/** Accounts and their keys. Every promise of a write resolves only when the write is durable. */
export interface AccountStore {
  /** Inserts an account, its bucket of files, and its first key. @returns `exists` if its name or id is taken. */
  insert(account: NewAccount, key?: NewKey): Promise<'inserted' | 'exists'>;

  /** @param maxKeys The maximum number of keys of this kind per account. */
  insertKey(key: NewKey, maxKeys?: number, seal?: Seal<null>): Promise<'inserted' | 'limit_reached'>;

  find(id: string): Promise<StoredAccount | undefined>;

  findByName(name: string): Promise<StoredAccount | undefined>;

  /** The key with this hash, unless it is revoked. Its account may have expired. */
  findCredential(hash: Uint8Array): MaybePromise<StoredCredential | undefined>;

  /** As `findCredential`, by the id of the key. */
  findCredentialById(keyId: string): Promise<StoredCredential | undefined>;

  /** The unclaimed account with this claim. */
  findClaimable(claimHash: Uint8Array): Promise<StoredAccount | undefined>;

  /**
   * Sets the owner, plan and expiry of a claimed account, and the same expiry for content that expired with it. The
   * claim is used up: of two concurrent calls, one succeeds.
   */
  claim(
    claimHash: Uint8Array,
    owner: { email: string; plan: string; expiresAt: number | null },
    now: number,
  ): Promise<boolean>;

  usage(accountId: string): Promise<Usage>;

  /** Named accounts, sorted by name. */
  list(): Promise<(StoredAccount & Usage)[]>;

  setPlan(accountId: string, plan: string): Promise<void>;

  /** Keys that are not revoked, the oldest first; of one account, or of all. */
  listKeys(accountId?: string): Promise<(StoredKey & { accountName: string | null })[]>;

  /**
   * @param of Revokes only a key of this account and kind, and never the last one; any key if omitted.
   * @returns `key_gone` if there is no such key or it was revoked.
   */
  revokeKey(
    id: string,
    now: number,
    of?: Pick<StoredKey, 'accountId' | 'kind'>,
    seal?: Seal<null>,
  ): Promise<'revoked' | 'key_gone' | 'last_key'>;

  /** Records when keys were last used. Need not be durable at once. */
  touchKeys(lastUses: { id: string; lastUsedAt: number }[]): Promise<void>;

  /** Removes about `budget` expired accounts that have no content left. */
  expire(now: number, budget: number): Promise<Swept>;
}
