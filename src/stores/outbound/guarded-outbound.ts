import type { IncomingMessage } from 'node:http';
import { invalid } from '../../core/failure.ts';
import type { LookupName, Outbound, RemoteContent } from '../../core/ports/outbound.ts';
import { isPublicAddress } from './addresses.ts';
import { contentOf, remoteFailed } from './content.ts';
import { type Call, exchange } from './http-call.ts';
import { addressesAt, addressesOf, callableUrl } from './resolve.ts';

type OutboundSettings = {
  /** Whether calls to private addresses are allowed too (`WEBHOOK_ALLOW_PRIVATE`). */
  allowPrivate: boolean;
  /** How long an address has to accept a connection, TLS included, before the next one is tried (ms). */
  connectTimeout?: number;
  /** How long `mayCall` waits for the lookup of a name (ms). */
  lookupTimeout?: number;
  /** How long `get` waits for the head of a response, redirects included (ms). */
  headTimeout?: number;
  /** How long `get` waits for the next bytes of a body (ms). */
  idleTimeout?: number;
  /** How long a `get` may take in all, so that a slow sender cannot hold it forever (ms). */
  maxGetTime?: number;
};

const defaults = {
  connectTimeout: 5000,
  lookupTimeout: 5000,
  headTimeout: 15_000,
  idleTimeout: 30_000,
  maxGetTime: 3_600_000,
};

const maxRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);
/** How much of the response to a POST is read (bytes), and for how long (ms), before the connection closes. */
const maxIgnoredBytes = 4 * 1024;
const maxIgnoredTime = 1000;

/**
 * Calls URLs that clients provide. For each call, the name is looked up once and each of its addresses is checked. The
 * connection goes to an address that was checked, so a name that changes in between gains nothing.
 */
export class GuardedOutbound implements Outbound {
  readonly #settings: Required<OutboundSettings>;
  readonly #lookup: LookupName;
  readonly #mayReach: (address: string) => boolean;

  /** @param isPublic Which addresses may be called if private ones may not. */
  constructor(
    settings: OutboundSettings,
    lookup: LookupName,
    isPublic: (address: string) => boolean = isPublicAddress,
  ) {
    this.#settings = { ...defaults, ...settings };
    this.#lookup = lookup;
    this.#mayReach = settings.allowPrivate ? () => true : isPublic;
  }

  async mayCall(url: string): Promise<boolean> {
    const target = callableUrl(url, this.#mayReach);
    if (target === undefined || this.#settings.allowPrivate) return target !== undefined;
    const deadline = startDeadline(this.#settings.lookupTimeout);
    const addresses = await abortable(addressesAt(target, this.#lookup), deadline.signal)
      .catch(() => [])
      .finally(deadline.clear);
    return addresses.every(this.#mayReach);
  }

  async post(url: string, headers: Record<string, string>, body: string, timeout: number): Promise<number> {
    const target = callableUrl(url, this.#mayReach);
    if (target === undefined) throw invalid('url', 'may not be called');
    const deadline = startDeadline(timeout);
    try {
      const response = await this.#call({ method: 'POST', url: target, headers, body }, deadline.signal);
      await ignoreBody(response);
      return response.statusCode ?? 0;
    } finally {
      deadline.clear();
    }
  }

  async get(url: string): Promise<RemoteContent> {
    let target = callableUrl(url, this.#mayReach);
    if (target === undefined) throw invalid('url', 'must be an http or https URL of a public server');
    const headDeadline = startDeadline(this.#settings.headTimeout);
    const deadline = startDeadline(this.#settings.maxGetTime);
    const signal = AbortSignal.any([headDeadline.signal, deadline.signal]);
    try {
      for (let hops = 0; hops <= maxRedirects; hops += 1) {
        const response = await this.#get(target, signal);
        const location = redirectOf(response);
        if (location === undefined) {
          requireContent(response);
          response.once('close', deadline.clear);
          return contentOf(response, target, this.#settings.idleTimeout);
        }
        response.destroy();
        target = callableUrl(URL.parse(location, target.href)?.href ?? '', this.#mayReach);
        if (target === undefined) throw remoteFailed('The URL redirects to one that may not be called');
      }
      throw remoteFailed('The URL redirects too often');
    } catch (error) {
      deadline.clear();
      throw error;
    } finally {
      headDeadline.clear();
    }
  }

  async #get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      const headers = { accept: '*/*', 'accept-encoding': 'identity' };
      return await this.#call({ method: 'GET', url, headers }, signal);
    } catch (error) {
      // One message for all errors, because they must not reveal what a name resolves to in this network.
      throw remoteFailed('The URL did not answer', error);
    }
  }

  async #call(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const addresses = await abortable(addressesOf(call.url, this.#lookup, this.#mayReach), signal);
    return await exchange(call, addresses, this.#settings.connectTimeout, signal);
  }
}

function redirectOf({ statusCode, headers }: IncomingMessage): string | undefined {
  return redirects.has(statusCode ?? 0) ? headers.location : undefined;
}

/** Destroys a response that is an error or is encoded. @throws Failure */
function requireContent(response: IncomingMessage): void {
  const status = response.statusCode ?? 0;
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (status >= 200 && status < 300 && encoding === 'identity') return;
  response.destroy();
  throw remoteFailed(
    encoding === 'identity' || status >= 300
      ? `The URL answered with status ${status}`
      : 'The URL answered in a content encoding that was not asked for',
  );
}

/** Reads and drops the beginning of the body. Its outcome does not matter, because the status is known. */
async function ignoreBody(response: IncomingMessage): Promise<void> {
  let ignored = 0;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, maxIgnoredTime);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    response.on('data', (chunk: Uint8Array) => {
      ignored += chunk.length;
      if (ignored > maxIgnoredBytes) done();
    });
    response.once('end', done);
    response.once('close', done);
  });
  response.destroy();
}

function startDeadline(timeout: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('no response in time')), timeout);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** Rejects when the signal is aborted. The work, such as a lookup, continues, because it cannot be stopped. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  return await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop));
}
