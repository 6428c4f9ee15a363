import { Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import type { LookupName } from '../../core/ports/outbound.ts';
import { candidatesOf, parseHosts, parseSearch, plainName, watchedFile } from './system-files.ts';

type Settings = {
  hostsFile: string;
  resolverFile: string;
  /** How long a lookup may take in all (ms). */
  lookupTimeout: number;
};

const defaults: Settings = {
  hostsFile: '/etc/hosts',
  resolverFile: '/etc/resolv.conf',
  lookupTimeout: 5000,
};

/** How long a name server has for the first query (ms), and how many times it is tried. */
const queries = { timeout: 1500, tries: 2 };

/**
 * Looks up names in the hosts file, then in DNS. DNS queries use the runtime's own resolver (c-ares on Bun,
 * `Deno.resolveDns` on Deno), which waits for sockets only. getaddrinfo(3) would wait in the threads that read and
 * write files, so a silent name server would block those.
 *
 * Concurrent lookups of the same name share one query.
 */
export class SystemNames {
  readonly #settings: Settings;
  readonly #hosts;
  readonly #search;
  readonly #running = new Map<string, Promise<string[]>>();

  constructor(settings: Partial<Settings> = {}) {
    this.#settings = { ...defaults, ...settings };
    this.#hosts = watchedFile(this.#settings.hostsFile, parseHosts);
    this.#search = watchedFile(this.#settings.resolverFile, parseSearch);
  }

  /** See `LookupName`. */
  readonly lookup: LookupName = async (name) => {
    if (isIP(name) !== 0) return [name];
    const plain = plainName(name);
    const known = this.#hosts().get(plain);
    if (known !== undefined) return known;
    // These are never sent to a name server (RFC 6761, section 6.3).
    if (/(?:^|\.)localhost$/.test(plain)) return ['127.0.0.1', '::1'];
    const running = this.#running.get(name);
    if (running !== undefined) return running;
    const started = this.#ask(name).finally(() => this.#running.delete(name));
    this.#running.set(name, started);
    return started;
  };

  /**
   * The same without the search list, for names in URLs of clients. With it, a client could find out which internal
   * names exist in this network.
   */
  readonly lookupAbsolute: LookupName = (name) =>
    this.lookup(isIP(name) === 0 ? `${plainName(name)}.` : name);

  /** The same for sockets and agents, as their `lookup`. */
  readonly lookupForSocket: LookupFunction = (name, { family: asked, all }, callback) => {
    const wanted = Number(String(asked ?? 0).replace('IPv', ''));
    this.lookup(name).then(
      (addresses) => {
        const found = addresses
          .map((address) => ({ address, family: isIP(address) }))
          .filter(({ family }) => wanted === 0 || family === wanted);
        const [first] = found;
        if (first === undefined) callback(lookupError(name, 'ENOTFOUND'), '');
        else if (all) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, ''),
    );
  };

  async #ask(name: string): Promise<string[]> {
    // A new resolver reads the name servers from resolv.conf, and cancelling it does not cancel the queries of others.
    const resolver = new Resolver(queries);
    const timer = setTimeout(() => resolver.cancel(), this.#settings.lookupTimeout);
    let code = 'ENOTFOUND';
    try {
      for (const candidate of candidatesOf(name, this.#search())) {
        const fullName = `${candidate}.`;
        const answers = await Promise.allSettled([resolver.resolve4(fullName), resolver.resolve6(fullName)]);
        const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
        if (addresses.length > 0) return addresses;
        code = failureIn(answers) ?? code;
        // A server that does not answer for this name does not answer for the others either.
        if (code === 'ETIMEOUT') break;
      }
    } finally {
      clearTimeout(timer);
    }
    throw lookupError(name, code);
  }
}

/** Why DNS did not answer; undefined if it answered that there is no such address. */
function failureIn(answers: PromiseSettledResult<string[]>[]): string | undefined {
  const codes = answers.map((answer) => (answer.status === 'rejected' ? answer.reason?.code : undefined));
  const code = codes.find((each) => each !== undefined && !/^(ENOTFOUND|ENODATA|EBADNAME)$/.test(each));
  return code === 'ECANCELLED' ? 'ETIMEOUT' : code;
}

function lookupError(hostname: string, code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The name ${hostname} could not be looked up: ${code}`), { code, hostname });
}
