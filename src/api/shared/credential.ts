import type { Credential } from '../../core/accounts/accounts.ts';
import { Failure } from '../../core/failure.ts';
import type { KeyKind } from '../../core/ports/account-store.ts';
import type { Exchange } from './exchange.ts';

/** The secret that a request shows, as `Authorization: Bearer` or `x-api-key`; whether it is any good is open. */
export function shownSecret({ headers }: Request): string | undefined {
  const bearer = headers.get('authorization');
  if (bearer !== null) return /^Bearer +(\S+)$/i.exec(bearer)?.[1] ?? '';
  return headers.get('x-api-key') ?? undefined;
}

/** Whose request it is, by a key of this kind. @throws Failure `unauthorized` */
export function requireCredential({ credential }: Exchange, kind: KeyKind): Credential {
  if (credential?.key.kind !== kind)
    throw new Failure('unauthorized', 'The credential is missing or not valid');
  return credential;
}
