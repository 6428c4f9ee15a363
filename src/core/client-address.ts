import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type AddressRange = [Address, number];

/** Parses a comma-separated list of CIDR ranges or addresses. @throws Error that names the invalid item */
export function parseAddressRanges(text: string): AddressRange[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const range = parseAddressRange(item);
      if (range === undefined) throw new Error(`"${item}" is neither an address nor a CIDR range`);
      return range;
    });
}

/**
 * Parses one CIDR range or address. An IPv4-mapped IPv6 range becomes the IPv4 range.
 *
 * @returns Undefined if it is neither.
 */
export function parseAddressRange(item: string): AddressRange | undefined {
  const [base = '', bits, ...rest] = item.split('/');
  const address = parseAddress(base);
  if (address === undefined || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits)))
    return undefined;
  const written = base.includes(':') ? 128 : 32;
  const length = address.kind() === 'ipv4' ? 32 : 128;
  const prefix = Number(bits ?? written) - (written - length);
  return prefix < 0 || prefix > length ? undefined : [address, prefix];
}

/** The size of the caches of parsed addresses: parsing is too slow to do per request. */
const rememberedAddresses = 4096;

/** One in this many requests of a peer is checked for signs of a proxy. */
const requestsPerCheck = 8;
/** The maximum number of untrusted proxies that are reported. */
const maxReported = 64;

type Peer = {
  key: string;
  trusted: boolean;
  /** Whether it may be a proxy that the operator forgot to trust. */
  isSuspect: boolean;
  requests: number;
};

/** Whether a proxy of the operator may have this address: loopback or private (RFC 1918, RFC 6598, RFC 4193). */
function isNear(address: Address | undefined): boolean {
  const near = ['loopback', 'private', 'carrierGradeNat', 'uniqueLocal', 'linkLocal'];
  return address !== undefined && near.includes(address.range());
}

/**
 * Finds the client address that a request counts against. Only `X-Forwarded-For` of a trusted proxy is used, and it is
 * read from the right, since the client can forge everything further left.
 */
export class ClientAddresses {
  readonly #trusted: AddressRange[];
  readonly #onUntrustedProxy: (peer: string) => void;
  readonly #remembered = new Map<string, Peer>();
  readonly #reported = new Set<string>();

  /** @param onUntrustedProxy Called once for each peer that seems to be a proxy and is not trusted. */
  constructor(trusted: AddressRange[], onUntrustedProxy: (peer: string) => void = () => undefined) {
    this.#trusted = trusted;
    this.#onUntrustedProxy = onUntrustedProxy;
  }

  /**
   * @param socketAddress The address of the peer, from the runtime.
   * @returns The IPv4 address (also of an IPv4-mapped IPv6 address), or the /64 of an IPv6 address.
   */
  keyFor(socketAddress: string, headers: { get(name: 'x-forwarded-for'): string | null }): string {
    const peer = this.#peerAt(socketAddress);
    if (!peer.trusted) {
      if (peer.isSuspect) this.#checkForProxy(peer, socketAddress, headers);
      return peer.key;
    }
    const forwardedFor = headers.get('x-forwarded-for');
    if (forwardedFor === null) return peer.key;
    let client: Pick<Peer, 'key' | 'trusted'> = peer;
    for (const hop of forwardedFor.split(',').reverse()) {
      const parsed = parseAddress(hop.trim());
      if (parsed === undefined) break;
      client = { key: keyOf(parsed), trusted: this.#isTrusted(parsed) };
      if (!client.trusted) break;
    }
    return client.key;
  }

  /** Reads the header of some requests only, to save time. */
  #checkForProxy(
    peer: Peer,
    socketAddress: string,
    headers: { get(name: 'x-forwarded-for'): string | null },
  ): void {
    peer.requests += 1;
    if (peer.requests % requestsPerCheck !== 1 || headers.get('x-forwarded-for') === null) return;
    peer.isSuspect = false;
    if (this.#reported.size >= maxReported) return;
    this.#reported.add(peer.key);
    // The key of an IPv6 address is its /64, but only this address is a proxy.
    this.#onUntrustedProxy(peer.key.includes(':') ? socketAddress : peer.key);
  }

  #peerAt(text: string): Peer {
    const known = this.#remembered.get(text);
    if (known) return known;
    const address = parseAddress(text);
    const key = address ? keyOf(address) : text;
    const trusted = address !== undefined && this.#isTrusted(address);
    const isSuspect = !trusted && isNear(address) && !this.#reported.has(key);
    const entry = { key, trusted, isSuspect, requests: 0 };
    if (this.#remembered.size >= rememberedAddresses) this.#remembered.clear();
    this.#remembered.set(text, entry);
    return entry;
  }

  #isTrusted(address: Address): boolean {
    return isWithin(address, this.#trusted);
  }
}

/** An IPv6 client is identified by this many bits: a household has a whole /64. */
const clientBits = 64;

/** A set of client addresses. Takes the keys that `ClientAddresses` returns. */
export class ClientSet {
  readonly #single = new Set<string>();
  readonly #ranges: AddressRange[] = [];
  readonly #remembered = new Map<string, boolean>();

  /** @param ranges An IPv6 range within a /64 includes the whole /64. */
  constructor(ranges: AddressRange[]) {
    for (const [address, bits] of ranges) {
      const isSingle = bits >= (address.kind() === 'ipv4' ? 32 : clientBits);
      if (isSingle) this.#single.add(keyOf(address));
      else this.#ranges.push([address, bits]);
    }
  }

  has(key: string): boolean {
    if (this.#single.has(key)) return true;
    if (this.#ranges.length === 0) return false;
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const address = parseAddress(key.replace(/\/64$/, ''));
    const isInside = address !== undefined && isWithin(address, this.#ranges);
    if (this.#remembered.size >= rememberedAddresses) this.#remembered.clear();
    this.#remembered.set(key, isInside);
    return isInside;
  }
}

/**
 * The canonical text of a range: `10.1.2.3/8` becomes `10.0.0.0/8`, `10.0.0.1/32` becomes `10.0.0.1`, and a range
 * within an IPv6 /64 becomes the /64, in the form of RFC 5952.
 */
export function clientRangeName([address, bits]: AddressRange): string {
  const isIPv4 = address.kind() === 'ipv4';
  const length = isIPv4 ? bits : Math.min(bits, clientBits);
  if (length === 32 && isIPv4) return address.toString();
  const cidr = `${address}/${length}`;
  return isIPv4
    ? `${ipaddr.IPv4.networkAddressFromCIDR(cidr)}/${length}`
    : `${ipaddr.IPv6.networkAddressFromCIDR(cidr).toRFC5952String()}/${length}`;
}

/** Whether an address, bare or as in a `Host` header, is a loopback address. */
export function isLoopback(address: string): boolean {
  return parseAddress(address)?.range() === 'loopback';
}

/** Proxies write an address bare, with a port, or in brackets. IPv4-mapped IPv6 becomes IPv4. */
function parseAddress(text: string): Address | undefined {
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  // Stricter than the library, which accepts `10` and `0x7f.1`.
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare);
}

function isWithin(address: Address, ranges: AddressRange[]): boolean {
  return ranges.some(([range, bits]) => address.kind() === range.kind() && address.match(range, bits));
}

function keyOf(address: Address): string {
  if (address.kind() === 'ipv4') return address.toString();
  const parts = (address as ipaddr.IPv6).parts.slice(0, 4);
  return `${parts.map((part) => part.toString(16)).join(':')}::/64`;
}
