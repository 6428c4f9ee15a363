import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

/**
 * Reads a small file of the system, and reads it again after it changed. The calls are synchronous: they take
 * microseconds, and must not wait for the threads that access Mayfly's own files.
 *
 * @param parse Gets the text, which is empty if there is no such file.
 */
export function watchedFile<T>(path: string, parse: (text: string) => T): () => T {
  let read: { version: string; value: T } | undefined;
  return () => {
    const stats = statSync(path, { throwIfNoEntry: false });
    const version = stats === undefined ? 'none' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
    if (read?.version !== version)
      read = { version, value: parse(stats === undefined ? '' : readFileSync(path, 'utf8')) };
    return read.value;
  };
}

/** The addresses of each name in a hosts file (hosts(5)), IPv4 first; the names are in lower case. */
export function parseHosts(text: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of linesOf(text)) {
    const [address = '', ...names] = line;
    if (isIP(address) === 0) continue;
    for (const name of names.map(plainName)) {
      const others = (hosts.get(name) ?? []).filter((other) => other !== address);
      hosts.set(
        name,
        [...others, address].sort((one, other) => isIP(one) - isIP(other)),
      );
    }
  }
  return hosts;
}

type SearchSettings = {
  /** The domains that are tried after a name, in order. */
  domains: string[];
  /** A name with at least this number of dots is first tried without a domain. */
  ndots: number;
};

/** `search`, `domain` and `options ndots:` of resolv.conf(5). Of the first two, the last line counts. */
export function parseSearch(text: string): SearchSettings {
  const settings: SearchSettings = { domains: [], ndots: 1 };
  for (const [keyword, ...values] of linesOf(text)) {
    if (keyword === 'search') settings.domains = values.map(plainName).filter((domain) => domain !== '');
    if (keyword === 'domain') settings.domains = values.slice(0, 1).map(plainName);
    const ndots = keyword === 'options' && /(?:^| )ndots:(\d+)(?: |$)/.exec(values.join(' '))?.[1];
    if (ndots) settings.ndots = Math.min(15, Number(ndots));
  }
  return settings;
}

/** The full names that a name may mean, in the order in which they are tried (resolv.conf(5), ndots). */
export function candidatesOf(name: string, { domains, ndots }: SearchSettings): string[] {
  const plain = plainName(name);
  if (name.endsWith('.')) return [plain];
  const searched = domains.map((domain) => `${plain}.${domain}`);
  const dots = plain.split('.').length - 1;
  return dots >= ndots ? [plain, ...searched] : [...searched, plain];
}

/** A name in lower case, without a dot at its end. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function linesOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.replace(/[#;].*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/));
}
