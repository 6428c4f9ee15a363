import type { NewAccount, StoredAccount } from '../ports/account-store.ts';

/**
 * The account under which uploads are entered of those who have none. It has no name, no key and no claim: no list
 * shows it, and nobody can be it. Its plan plays no part: it has no quota.
 *
 * @param createdAt Milliseconds since the epoch.
 */
export function anonymousAccount(createdAt: number): NewAccount {
  return {
    id: anonymousAccountId,
    name: null,
    plan: 'unlimited',
    createdAt,
    expiresAt: null,
    filesBucketId: anonymousAccountId,
    claimHash: null,
  };
}

/** No id that is made at random has nine characters. */
export const anonymousAccountId = 'strangers';

/**
 * Whether nobody but its holder made an account: it is a guest's, or was claimed. The operator names every account that
 * they make, and sets the plans of no others. The stores count by the same rule (`src/stores/sqlite/accounts/anonymous-book.ts`).
 */
export function isAnonymous(account: StoredAccount | null): boolean {
  return account === null || account.name === null;
}
