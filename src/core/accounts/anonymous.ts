import type { NewAccount, StoredAccount } from '../ports/accounts/account-store.ts';

/**
 * The account of uploads that are created without a key. It has no name, no key and no claim, so no list shows it and
 * no caller can use it. It has no quota: its plan has no effect.
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

/** Cannot collide with a random id: none has nine characters. */
export const anonymousAccountId = 'strangers';

/**
 * Whether the caller is anonymous: without an account, a guest, or a claimed account. Only accounts that the operator
 * created have a name. The stores use the same rule (`src/stores/sqlite/accounts/anonymous-book.ts`).
 */
export function isAnonymous(account: StoredAccount | null): boolean {
  return account === null || account.name === null;
}
