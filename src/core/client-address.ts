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
      if (ipaddr.isValidCIDR(item)) return ipaddr.parseCIDR(item);
      if (!ipaddr.isValid(item)) throw new Error(`"${item}" is neither an address nor a CIDR range`);
      const address = ipaddr.process(item);
      return [address, address.kind() === 'ipv4' ? 32 : 128];
    });
}

/** How many socket addresses' keys are remembered: parsing one costs more than a request may spend on it. */
const rememberedAddresses = 4096;

/**
 * Tells whom a request counts against. Only a trusted proxy's `X-Forwarded-For` is believed, read from the
 * right, for everything further left can be made up by the client.
 */
export class ClientAddresses {
  readonly #trusted: AddressRange[];
  readonly #remembered = new Map<string, { key: string; trusted: boolean }>();

  constructor(trusted: AddressRange[]) {
    this.#trusted = trusted;
  }

  /**
   * @param socketAddress The address of the peer, as the runtime tells it.
   * @param headers Read only where the peer is a trusted proxy.
   * @returns The IPv4 address (also for an IPv4-mapped IPv6 one), or the /64 of an IPv6 address.
   */
  keyFor(socketAddress: string, headers: { get(name: 'x-forwarded-for'): string | null }): string {
    const peer = this.#look(socketAddress);
    const forwardedFor = peer.trusted ? headers.get('x-forwarded-for') : null;
    if (forwardedFor === null) return peer.key;
    let client = peer;
    for (const hop of forwardedFor.split(',').reverse()) {
      const parsed = parseAddress(hop.trim());
      if (parsed === undefined) break;
      client = { key: keyOf(parsed), trusted: this.#isTrusted(parsed) };
      if (!client.trusted) break;
    }
    return client.key;
  }

  #look(text: string): { key: string; trusted: boolean } {
    const known = this.#remembered.get(text);
    if (known) return known;
    const address = parseAddress(text);
    const entry = address
      ? { key: keyOf(address), trusted: this.#isTrusted(address) }
      : { key: text, trusted: false };
    if (this.#remembered.size >= rememberedAddresses) this.#remembered.clear();
    this.#remembered.set(text, entry);
    return entry;
  }

  #isTrusted(address: Address): boolean {
    return this.#trusted.some(([range, bits]) =>
      address.kind() === range.kind() ? address.match(range, bits) : false,
    );
  }
}

/** Whether a socket's address is this machine's own. */
export function isLoopback(socketAddress: string): boolean {
  return parseAddress(socketAddress)?.range() === 'loopback';
}

/** Proxies write an address bare, with a port, or in brackets. IPv4-mapped IPv6 becomes IPv4. */
function parseAddress(text: string): Address | undefined {
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined;
}

function keyOf(address: Address): string {
  if (address.kind() === 'ipv4') return address.toString();
  const parts = (address as ipaddr.IPv6).parts.slice(0, 4);
  return `${parts.map((part) => part.toString(16)).join(':')}::/64`;
}
