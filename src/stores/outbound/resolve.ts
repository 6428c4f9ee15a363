import { isIP } from 'node:net';
import type { LookupName } from '../../core/ports/outbound.ts';

/** The address in a URL's host, without brackets; undefined if the host is a name. */
export function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? undefined : bare;
}

/**
 * The URL if it may be called: http or https, without credentials, and without a forbidden address as host. The URL
 * parser has already converted `127.1`, `0x7f000001` and `2130706433` to one address.
 */
export function callableUrl(text: string, mayReach: (address: string) => boolean): URL | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return undefined;
  const address = literalAddress(url);
  return address === undefined || mayReach(address) ? url : undefined;
}

/** All addresses of a URL's host: the host itself, or those that its name is looked up to. */
export async function addressesAt(url: URL, lookup: LookupName): Promise<string[]> {
  const literal = literalAddress(url);
  return literal === undefined ? lookup(url.hostname) : [literal];
}

/** The addresses to connect to, looked up once. @throws Error if there are none, or one must not be reached */
export async function addressesOf(
  url: URL,
  lookup: LookupName,
  mayReach: (address: string) => boolean,
): Promise<string[]> {
  const addresses = await addressesAt(url, lookup);
  if (addresses.length === 0) throw new Error('the name has no address');
  // A name that mixes public and private addresses is treated as an attack.
  if (!addresses.every(mayReach)) throw new Error('an address must not be reached');
  return addresses;
}
