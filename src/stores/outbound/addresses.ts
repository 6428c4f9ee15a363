import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All IPv6 addresses that are assigned for global unicast (RFC 4291, section 2.4; IANA). */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** NAT64's well-known prefix: the last 32 bits are the IPv4 address that is reached (RFC 6052, section 2.1). */
const translated = ipaddr.parseCIDR('64:ff9b::/96');

/** A formally public address at which every virtual machine in Azure reaches its own host. */
const azureHost = '168.63.129.16';

/**
 * Whether an address is globally routable unicast: not of this machine, its networks or the internals of its cloud, and
 * not reserved. An IPv6 address that contains an IPv4 address is judged by that one, or rejected.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0 || text.includes('%')) return false;
  // The library treats it as IPv4-mapped, but it is the form that RFC 4291, section 2.5.5.1, deprecates.
  if (/^::\d+\./.test(text)) return false;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv4)
    return address.range() === 'unicast' && address.toString() !== azureHost;
  if (address.match(translated))
    return isPublicAddress(new ipaddr.IPv4(address.toByteArray().slice(12)).toString());
  return address.match(globalUnicast) && address.range() === 'unicast';
}
