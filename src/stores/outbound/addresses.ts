import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All IPv6 addresses that are given out for global unicast (RFC 4291, section 2.4; IANA). */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** NAT64's well-known prefix: the IPv4 address in the last 32 bits is what is reached (RFC 6052, section 2.1). */
const translated = ipaddr.parseCIDR('64:ff9b::/96');

/** A public address by its number, behind which every virtual machine in Azure finds its own host. */
const azureHost = '168.63.129.16';

/**
 * Whether an address is globally routable unicast: not this machine, its networks, its cloud's inner addresses,
 * nor reserved for anything. IPv6 that carries an IPv4 address over is judged by that one, or refused.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0 || text.includes('%')) return false;
  // The library takes it for IPv4-mapped; it is what RFC 4291, section 2.5.5.1, no longer allows.
  if (/^::\d+\./.test(text)) return false;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv4)
    return address.range() === 'unicast' && address.toString() !== azureHost;
  if (address.match(translated))
    return isPublicAddress(new ipaddr.IPv4(address.toByteArray().slice(12)).toString());
  return address.match(globalUnicast) && address.range() === 'unicast';
}
