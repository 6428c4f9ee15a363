import type { Credential } from '../../core/accounts/accounts.ts';
import { invalidCredential } from '../../core/failure.ts';
import type { KeyKind } from '../../core/ports/accounts/account-store.ts';
import type { Exchange } from './exchange.ts';

/**
 * The secret of a request, from `Authorization: Bearer` or `x-api-key`. It is not validated.
 *
 * @param withBasic Whether the password of Basic authentication counts too (RFC 7617 §2), because curl and many upload
 *   tools support nothing else.
 */
export function shownSecret({ headers }: Request, withBasic = false): string | undefined {
  const authorization = headers.get('authorization');
  if (authorization === null) return headers.get('x-api-key') ?? undefined;
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined || !withBasic) return bearer ?? '';
  const pair = Buffer.from(/^Basic +(\S+)$/i.exec(authorization)?.[1] ?? '', 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}

/** The credential of a request, which must be a key of this kind. @throws Failure `unauthorized` */
export function requireCredential({ credential }: Exchange, kind: KeyKind | undefined): Credential {
  if (credential === undefined || credential.key.kind !== kind) throw invalidCredential();
  return credential;
}
