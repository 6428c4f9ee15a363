/**
 * Resolves a host name.
 *
 * @returns Its addresses, at least one, IPv4 before IPv6.
 * @throws Error with a `code` (`ENOTFOUND`, `ETIMEOUT` …) and the `hostname`.
 */
export type LookupName = (name: string) => Promise<string[]>;
