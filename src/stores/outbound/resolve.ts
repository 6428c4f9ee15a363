import { isIP } from 'node:net';
import type { LookupName } from '../../core/ports/names.ts';

/** The address that a URL's host is, without brackets; undefined where it is a name. */
export function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? undefined : bare;
}

/**
 * The URL where it may be called: http or https, without credentials, and no refused address for a host.
 * The URL parser has by now made one address of `127.1`, `0x7f000001` and `2130706433`.
 */
export function callableUrl(text: string, mayReach: (address: string) => boolean): URL | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return undefined;
  const address = literalAddress(url);
  return address === undefined || mayReach(address) ? url : undefined;
}

/** All addresses of a URL's host: what it is, or what its name is looked up to be. */
export async function addressesAt(url: URL, lookup: LookupName): Promise<string[]> {
  const literal = literalAddress(url);
  return literal === undefined ? lookup(url.hostname) : [literal];
}

/** The addresses to connect to, looked up once. @throws Error where there are none, or one may not be reached. */
export async function addressesOf(
  url: URL,
  lookup: LookupName,
  mayReach: (address: string) => boolean,
): Promise<string[]> {
  const addresses = await addressesAt(url, lookup);
  if (addresses.length === 0) throw new Error('the name has no address');
  // One that may not be reached condemns all: a name that mixes them is up to no good.
  if (!addresses.every(mayReach)) throw new Error('an address may not be reached');
  return addresses;
}
