import { looksLikeKey } from '../../../core/accounts/key-secret.ts';
import { Failure, invalid } from '../../../core/failure.ts';
import type { StoredAccount } from '../../../core/ports/accounts/account-store.ts';
import type { Exchange } from '../../shared/exchange.ts';
import type { PayloadApi } from '../api.ts';

/**
 * The account of a new payload, by the key of the request; null without a key. A key that is not valid is refused even
 * if none is needed: otherwise the payload would have no owner.
 *
 * @throws Failure `unauthorized`
 */
export function creatorOf(exchange: Exchange, { anonymousCreate }: PayloadApi): StoredAccount | null {
  const { credential, refusedSecret } = exchange;
  // Paths that other APIs share can have keys of theirs, which cannot create payloads.
  if (credential?.key.kind === 'payload' || credential?.key.kind === 'storage') return credential.account;
  // Other secrets may be for a proxy, or for another API.
  if (refusedSecret && (looksLikeKey(refusedSecret, 'payload') || looksLikeKey(refusedSecret, 'storage')))
    throw keyNotValid();
  if (!anonymousCreate)
    throw new Failure('unauthorized', 'Creating needs a key: send Authorization: Bearer pl_live_…');
  return null;
}

/**
 * The account of a payload from the page's form, by its field `key`. It accepts payload keys only: a key with more
 * rights does not belong in a browser. It sets the credential of the request.
 *
 * @throws Failure `unauthorized`, `invalid`
 */
export async function creatorOfForm(
  exchange: Exchange,
  api: PayloadApi,
  key: string,
): Promise<StoredAccount | null> {
  if (key === '') return creatorOf(exchange, api);
  if (!looksLikeKey(key, 'payload')) throw invalid('key', 'must be a payload key, pl_live_…');
  const credential = await api.accounts.authenticate(key);
  if (credential?.key.kind !== 'payload') throw keyNotValid();
  exchange.credential = credential;
  return credential.account;
}

function keyNotValid(): Failure {
  return new Failure('unauthorized', 'The key is not valid');
}
