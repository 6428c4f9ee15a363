import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type AddressRange = [Address, number];

/** Reads a list of CIDR ranges or single addresses, separated by commas. @throws Error naming the bad one. */
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
 * Reads one CIDR range or single address. An IPv4-mapped IPv6 range is the IPv4 range, as an address is.
 *
 * @returns Undefined where it is neither.
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

/** How many socket addresses' keys are remembered: parsing one costs more than a request may spend on it. */
const rememberedAddresses = 4096;

/** Of how many requests of a peer one is looked at for signs of a proxy. */
const requestsPerLook = 8;
/** How many proxies that are not trusted are reported at most. */
const maxReported = 64;

type Peer = {
  key: string;
  trusted: boolean;
  /** It may be a proxy that the operator forgot to trust. */
  isSuspect: boolean;
  requests: number;
};

/** Where an operator's own proxies are: this machine, and private networks (RFC 1918, RFC 6598, RFC 4193). */
function isNear(address: Address | undefined): boolean {
  const near = ['loopback', 'private', 'carrierGradeNat', 'uniqueLocal', 'linkLocal'];
  return address !== undefined && near.includes(address.range());
}

/**
 * Tells whom a request counts against. Only a trusted proxy's `X-Forwarded-For` is believed, read from the
 * right, for everything further left can be made up by the client.
 */
export class ClientAddresses {
  readonly #trusted: AddressRange[];
  readonly #onUntrustedProxy: (peer: string) => void;
  readonly #remembered = new Map<string, Peer>();
  readonly #reported = new Set<string>();

  /** @param onUntrustedProxy Is called once for each peer that seems to be a proxy that should be trusted. */
  constructor(trusted: AddressRange[], onUntrustedProxy: (peer: string) => void = () => undefined) {
    this.#trusted = trusted;
    this.#onUntrustedProxy = onUntrustedProxy;
  }

  /**
   * @param socketAddress The address of the peer, as the runtime tells it.
   * @param headers Read only where the peer is a trusted proxy.
   * @returns The IPv4 address (also for an IPv4-mapped IPv6 one), or the /64 of an IPv6 address.
   */
  keyFor(socketAddress: string, headers: { get(name: 'x-forwarded-for'): string | null }): string {
    const peer = this.#look(socketAddress);
    if (!peer.trusted) {
      if (peer.isSuspect) this.#suspect(peer, socketAddress, headers);
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

  /** A header is looked at with some requests only, as a look at every one would slow all down. */
  #suspect(
    peer: Peer,
    socketAddress: string,
    headers: { get(name: 'x-forwarded-for'): string | null },
  ): void {
    peer.requests += 1;
    if (peer.requests % requestsPerLook !== 1 || headers.get('x-forwarded-for') === null) return;
    peer.isSuspect = false;
    if (this.#reported.size >= maxReported) return;
    this.#reported.add(peer.key);
    // The key of an IPv6 address is its whole /64, of which only this one is a proxy.
    this.#onUntrustedProxy(peer.key.includes(':') ? socketAddress : peer.key);
  }

  #look(text: string): Peer {
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

/** IPv6 clients are told apart by this many bits: a household has a whole /64. */
const clientBits = 64;

/** Clients by the addresses that they have. Reads the keys that `ClientAddresses` gives. */
export class ClientSet {
  readonly #single = new Set<string>();
  readonly #ranges: AddressRange[] = [];
  readonly #remembered = new Map<string, boolean>();

  /** @param ranges In IPv6 one within a /64 takes the whole of it in. */
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
 * The one way to write the clients of a range: `10.1.2.3/8` is `10.0.0.0/8`, `10.0.0.1/32` is `10.0.0.1`, and
 * what is within an IPv6 /64 is that. Text in RFC 5952's form.
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

/** Whether an address, bare or as a `Host` header has it, is this machine's own. */
export function isLoopback(address: string): boolean {
  return parseAddress(address)?.range() === 'loopback';
}

/** Proxies write an address bare, with a port, or in brackets. IPv4-mapped IPv6 becomes IPv4. */
function parseAddress(text: string): Address | undefined {
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  // Stricter than the library, which takes `10` and `0x7f.1` for addresses.
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
