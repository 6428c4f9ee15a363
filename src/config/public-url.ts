import { SettingError } from './setting.ts';

/** The first path segments of Mayfly's routes. The path of `PUBLIC_URL` must not begin with any of them. */
export const reservedSegments: ReadonlySet<string> = new Set([
  'account',
  'api',
  'assets',
  'docs',
  'f',
  'favicon.ico',
  'healthz',
  'llms.txt',
  'login',
  'metrics',
  'openapi.json',
  'p',
  'pastes',
  'raw',
  'readyz',
  'robots.txt',
  'sharex.sxcu',
  'signed',
  'swagger',
  'v1',
]);

/** Segments without characters that need encoding, so that no proxy changes them. */
const plainPath = /^(?:\/[A-Za-z0-9._~-]+)*\/?$/;

/** A name or an address. URLs also take names with `;` or `{`, which headers and configurations of proxies do not. */
const plainHost = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/;

/**
 * Checks that `PUBLIC_URL` can be the base of links. It may have a path, if a proxy serves Mayfly below one.
 *
 * @throws SettingError
 */
export function requirePublicUrl(publicUrl: string | undefined): void {
  if (publicUrl === undefined) return;
  const { hostname, pathname, search, hash, username, password } = new URL(publicUrl);
  if (search + hash + username + password !== '')
    throw new SettingError('PUBLIC_URL must have no credentials, query or fragment');
  if (!plainHost.test(hostname))
    throw new SettingError(
      'PUBLIC_URL must have a host name of letters, digits and the characters - . _ only',
    );
  if (!plainPath.test(pathname))
    throw new SettingError('PUBLIC_URL may have a path of letters, digits and the characters - . _ ~ only');
  const [, first = ''] = pathname.split('/');
  if (reservedSegments.has(first))
    throw new SettingError(
      `PUBLIC_URL must not have a path that begins with /${first}, which Mayfly serves itself`,
    );
}
