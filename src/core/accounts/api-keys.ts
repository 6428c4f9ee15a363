import { Failure, invalid } from '../failure.ts';
import { sealOf } from '../idempotency.ts';
import { cursorScopes, maxListed, type Page, type PageRequest, readPage } from '../paging.ts';
import type { AccountStore, StoredAccount, StoredKey } from '../ports/accounts/account-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { Signer } from '../signing.ts';
import type { Staleness } from '../staleness.ts';
import { isStorable, requireStorable } from '../storable-text.ts';
import { draftKey } from './key-secret.ts';

const maxKeys = 100;
const maxNameLength = 64;

/** A key and its secret, which is not stored and cannot be shown again. */
type IssuedKey = { key: StoredKey; secret: string };

type ApiKeysDeps = {
  store: AccountStore;
  signer: Signer;
  clock: Clock;
  staleness: Staleness;
};

/** The storage keys of an account, as its owner manages them through the bucket API. */
export class ApiKeys {
  readonly #deps: ApiKeysDeps;

  constructor(deps: ApiKeysDeps) {
    this.#deps = deps;
  }

  /** @throws Failure `invalid`, `objects_exceeded` */
  async issue(account: StoredAccount, name: string | null, seal?: Seal<IssuedKey>): Promise<IssuedKey> {
    if (name !== null && !(name.length >= 1 && name.length <= maxNameLength && name.isWellFormed()))
      throw invalid('name', `must be 1 to ${maxNameLength} characters`);
    requireStorable('name', name ?? undefined);
    const { secret, key: draft } = draftKey(account.id, 'storage', name, this.#deps.clock());
    const { hash: _hash, ...key } = draft;
    const issued = { secret, key: { ...key, lastUsedAt: null } };
    const outcome = await this.#deps.store.insertKey(draft, maxKeys, sealOf(seal, issued));
    if (outcome === 'limit_reached')
      throw new Failure('objects_exceeded', `The limit of ${maxKeys} keys is reached`);
    return issued;
  }

  /** A page of the keys that are not revoked, the oldest first. @throws Failure `invalid` */
  list({ id }: StoredAccount, page: PageRequest): Promise<Page<StoredKey>> {
    return readPage(this.#deps.signer, page, {
      scope: cursorScopes.keys(id),
      maxLimit: maxListed,
      // An account has at most `maxKeys`, so reading all of them is cheap.
      read: async (after = '', count) =>
        (await this.#deps.store.listKeys(id))
          .filter((key) => key.kind === 'storage' && positionOf(key) > after)
          .slice(0, count),
      positionAfter: positionOf,
    });
  }

  /**
   * Revokes a key. Every node refuses it when this resolves.
   *
   * @throws Failure `key_not_found`; `forbidden` for the last key, since the account could not create another one
   */
  async revoke({ id: accountId }: StoredAccount, keyId: string, seal?: Seal<null>): Promise<void> {
    const owned = { accountId, kind: 'storage' } as const;
    const outcome = isStorable(keyId)
      ? await this.#deps.store.revokeKey(keyId, this.#deps.clock(), owned, seal)
      : 'key_gone';
    if (outcome === 'key_gone')
      throw new Failure('key_not_found', 'There is no key with this id, or it was revoked');
    if (outcome === 'last_key')
      throw new Failure('forbidden', 'The last key of an account cannot be revoked');
    await this.#deps.staleness.settle();
  }
}

/** The position of a key in the list, as text that sorts like the list. */
function positionOf({ createdAt, id }: StoredKey): string {
  return `${String(createdAt).padStart(15, '0')} ${id}`;
}
