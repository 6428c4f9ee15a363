import { hashSecret, newHashId, newToken } from '../ids.ts';
import type { KeyKind, NewKey } from '../ports/account-store.ts';

const prefixes: Record<KeyKind, string> = {
  putput: 'pp_',
  uploadkit: 'uk_live_',
  storage: 'sk_live_',
  payload: 'pl_live_',
};

const beginning = new RegExp(`^(?:${Object.values(prefixes).join('|')})`);

/** How much of a secret is kept in clear, to tell keys apart by: its prefix and so many characters. */
const shownCharacters = 4;

/** Whether a text begins as secrets do: what does not is not worth a query. */
export function looksLikeSecret(text: string): boolean {
  return beginning.test(text);
}

/** Whether a text begins as a key of this kind does. */
export function looksLikeKey(text: string, kind: KeyKind): boolean {
  return text.startsWith(prefixes[kind]);
}

/** A key to be, and its secret, which the key holds only as a hash. */
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
