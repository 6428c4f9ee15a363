import type { IncomingMessage } from 'node:http';
import { invalid } from '../../core/failure.ts';
import type { LookupName } from '../../core/ports/names.ts';
import type { Outbound, RemoteContent } from '../../core/ports/outbound.ts';
import { isPublicAddress } from './addresses.ts';
import { contentOf, remoteFailed } from './content.ts';
import { type Call, exchange } from './exchange.ts';
import { addressesAt, addressesOf, callableUrl } from './resolve.ts';

type OutboundSettings = {
  /** Whether private addresses may be called too (`WEBHOOK_ALLOW_PRIVATE`). */
  allowPrivate: boolean;
  /** How long one address is given to take a connection, TLS included (ms): the next one shall have its turn. */
  connectTimeout?: number;
  /** How long `mayCall` waits for a name to be looked up (ms). */
  lookupTimeout?: number;
  /** How long `get` waits for the head of an answer, redirects included (ms). */
  headTimeout?: number;
  /** How long `get` waits for the next bytes of a body (ms). */
  idleTimeout?: number;
  /** How long a whole `get` may take (ms): a sender that drips is let go in the end. */
  longestGet?: number;
};

const defaults = {
  connectTimeout: 5000,
  lookupTimeout: 5000,
  headTimeout: 15_000,
  idleTimeout: 30_000,
  longestGet: 3_600_000,
};

const mostRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);
/** How much of an answer to a POST is read (bytes), and for how long (ms), so as not to cut its sender off. */
const largestIgnored = 4 * 1024;
const longestIgnored = 1000;

/**
 * Calls URLs that strangers gave. A name is looked up once for each call, every address of it is checked, and
 * the connection goes to exactly an address that was: a name that changes its mind gains nothing.
 */
export class GuardedOutbound implements Outbound {
  readonly #settings: Required<OutboundSettings>;
  readonly #lookup: LookupName;
  readonly #mayReach: (address: string) => boolean;

  /** @param isPublic Tells which addresses may be called where private ones may not. */
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
    const addresses = await beforeAbort(addressesAt(target, this.#lookup), deadline.signal)
      .catch(() => [])
      .finally(deadline.clear);
    return addresses.every(this.#mayReach);
  }

  async post(url: string, headers: Record<string, string>, body: string, timeout: number): Promise<number> {
    const target = callableUrl(url, this.#mayReach);
    if (target === undefined) throw invalid('url', 'may not be called');
    const deadline = startDeadline(timeout);
    try {
      const answer = await this.#call({ method: 'POST', url: target, headers, body }, deadline.signal);
      await ignoreBody(answer);
      return answer.statusCode ?? 0;
    } finally {
      deadline.clear();
    }
  }

  async get(url: string): Promise<RemoteContent> {
    let target = callableUrl(url, this.#mayReach);
    if (target === undefined) throw invalid('url', 'must be an http or https URL of a public server');
    const headDeadline = startDeadline(this.#settings.headTimeout);
    const deadline = startDeadline(this.#settings.longestGet);
    const signal = AbortSignal.any([headDeadline.signal, deadline.signal]);
    try {
      for (let hops = 0; hops <= mostRedirects; hops += 1) {
        const answer = await this.#get(target, signal);
        const location = redirectOf(answer);
        if (location === undefined) {
          requireContent(answer);
          answer.once('close', deadline.clear);
          return contentOf(answer, target, this.#settings.idleTimeout);
        }
        answer.destroy();
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
      // One answer for all: what a name resolves to in here is nobody's business out there.
      throw remoteFailed('The URL did not answer', error);
    }
  }

  async #call(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const addresses = await beforeAbort(addressesOf(call.url, this.#lookup, this.#mayReach), signal);
    return await exchange(call, addresses, this.#settings.connectTimeout, signal);
  }
}

function redirectOf({ statusCode, headers }: IncomingMessage): string | undefined {
  return redirects.has(statusCode ?? 0) ? headers.location : undefined;
}

/** Lets go of an answer that is not to be kept. @throws Failure */
function requireContent(answer: IncomingMessage): void {
  const status = answer.statusCode ?? 0;
  const encoding = answer.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (status >= 200 && status < 300 && encoding === 'identity') return;
  answer.destroy();
  throw remoteFailed(
    encoding === 'identity' || status >= 300
      ? `The URL answered with status ${status}`
      : 'The URL answered in a content encoding that was not asked for',
  );
}

/** The status has come: how the rest ends is of no interest. */
async function ignoreBody(answer: IncomingMessage): Promise<void> {
  let ignored = 0;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, longestIgnored);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    answer.on('data', (chunk: Uint8Array) => {
      ignored += chunk.length;
      if (ignored > largestIgnored) done();
    });
    answer.once('end', done);
    answer.once('close', done);
  });
  answer.destroy();
}

function startDeadline(timeout: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('no answer in time')), timeout);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** A look-up cannot be stopped, but it need not be waited for. */
async function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  return await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop));
}
