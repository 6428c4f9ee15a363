import { hashSecret, newHashId, newToken } from '../ids.ts';
import type { KeyKind, NewKey } from '../ports/accounts/account-store.ts';

const prefixes: Record<KeyKind, string> = {
  putput: 'pp_',
  uploadkit: 'uk_live_',
  storage: 'sk_live_',
  payload: 'pl_live_',
};

const anyPrefix = new RegExp(`^(?:${Object.values(prefixes).join('|')})`);

/** The secret prefix, which is stored in clear, shows this many characters after the prefix of the kind. */
const shownCharacters = 4;

/** Whether a text has the prefix of a secret. Saves a query for any other. */
export function looksLikeSecret(text: string): boolean {
  return anyPrefix.test(text);
}

/** Whether a text has the prefix of this kind of key. */
export function looksLikeKey(text: string, kind: KeyKind): boolean {
  return text.startsWith(prefixes[kind]);
}

/** A new key and its secret. The key has only the hash of the secret. */
export function draftKey(
  accountId: string,
  kind: KeyKind,
  name: string | null,
  createdAt: number,
): { secret: string; key: NewKey } {
  const secret = `${prefixes[kind]}${newToken()}`;
  const prefix = secret.slice(0, prefixes[kind].length + shownCharacters);
  return {
    secret,
    key: { id: newHashId(), accountId, kind, name, prefix, hash: hashSecret(secret), createdAt },
  };
}
