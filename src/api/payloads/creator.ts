import { looksLikeKey } from '../../core/accounts/key-secret.ts';
import { Failure, invalid } from '../../core/failure.ts';
import type { StoredAccount } from '../../core/ports/account-store.ts';
import type { Exchange } from '../shared/exchange.ts';
import type { PayloadApi } from './api.ts';

/**
 * The account that a new payload belongs to, by the key of the request; null without one. A key that is not valid is
 * refused also where none is needed: the payload would be nobody's.
 *
 * @throws Failure `unauthorized`
 */
export function creatorOf(exchange: Exchange, { anonymousCreate }: PayloadApi): StoredAccount | null {
  const { credential, refusedSecret } = exchange;
  // Paths of other APIs can lead here, with keys of theirs: those create no payloads.
  if (credential?.key.kind === 'payload' || credential?.key.kind === 'storage') return credential.account;
  // Others may be meant for a proxy, or for another API.
  if (refusedSecret && (looksLikeKey(refusedSecret, 'payload') || looksLikeKey(refusedSecret, 'storage')))
    throw keyNotValid();
  if (!anonymousCreate)
    throw new Failure('unauthorized', 'Creating needs a key: send Authorization: Bearer pl_live_…');
  return null;
}

/**
 * The same by the field `key` of the page's form, which takes a key for payloads only: a key of more power has no place
 * in a browser. From then on the request is its account's.
 *
 * @throws Failure `unauthorized`, `invalid`
 */
export async function creatorOfForm(
  exchange: Exchange,
  api: PayloadApi,
  key: string,
): Promise<StoredAccount | null> {
  if (key === '') return creatorOf(exchange, api);
  if (!looksLikeKey(key, 'payload')) throw invalid('key', 'must be a key for payloads, pl_live_…');
  const credential = await api.accounts.authenticate(key);
  if (credential?.key.kind !== 'payload') throw keyNotValid();
  exchange.credential = credential;
  return credential.account;
}

function keyNotValid(): Failure {
  return new Failure('unauthorized', 'The key is not valid');
}
