import { Assets, createPages } from '../api/pages/index.ts';
import { compressed } from '../api/shared/answers/compression.ts';
import { preflight } from '../api/shared/answers/cross-origin.ts';
import { shownSecret } from '../api/shared/credential.ts';
import { type Exchange, nosniff, type RuntimeHooks } from '../api/shared/exchange.ts';
import { signedUploadsPath } from '../api/shared/file-api.ts';
import { countCall, setAddressWindow } from '../api/shared/rate-limits.ts';
import type { Services } from '../composition/index.ts';
import type { Tracing } from '../composition/tracing.ts';
import type { Credential } from '../core/accounts/accounts.ts';
import { isAnonymous } from '../core/accounts/anonymous.ts';
import { Failure } from '../core/failure.ts';
import type { KeyKind } from '../core/ports/accounts/account-store.ts';
import type { MaybePromise } from '../core/ports/maybe-promise.ts';
import type { Owner } from './api-owners.ts';
import { openRequest, unknownRoute } from './open-request.ts';
import { createRouter } from './router.ts';
import { drain, isBodyRead } from './unread-body.ts';

export { fileBehind, type RuntimeHooks } from '../api/shared/exchange.ts';

export type Server = {
  /**
   * Answers one request. Never rejects.
   *
   * @param peer The address of the socket.
   * @param sentPath The path, decoded, that the client sent, if `request.url` has a different one. The request is
   *   then rejected, because it would apply to something that the client did not name.
   */
  handle(request: Request, peer: string, hooks?: RuntimeHooks, sentPath?: string): Promise<Response>;
  /** A prefix that paths of requests may have: the path of `PUBLIC_URL`, without a trailing slash. */
  readonly basePath: string;
  /** From now on, `/readyz` reports that this server is stopping. */
  announceStop(): void;
};

/**
 * Mounts the APIs over the services. A runtime then listens.
 *
 * @param publicUrl Returns what links begin with. It is called when a link is made: if the server uses any free port,
 *   the port is known only once it listens.
 * @param tracing Records a span of each request; undefined if traces are not exported.
 */
export function createServer(services: Services, publicUrl: () => string, tracing?: Tracing): Server {
  let stopping = false;
  const assets = new Assets();
  const app = createRouter(services, assets, publicUrl, () => stopping);
  const { accounts, answerEncoding, bans, descriptors, restoredState } = services;
  const { limits, metrics, log, clock, refusals, stores } = services;
  const basePath = basePathOf(services.config.publicUrl);
  const pages = createPages(assets, storageOrigin(services.config));
  app.compile();

  async function handle(
    request: Request,
    peer: string,
    hooks = noHooks,
    sentPath?: string,
  ): Promise<Response> {
    const started = performance.now();
    let opened: ReturnType<typeof openRequest>;
    try {
      const site = { publicUrl: publicUrl(), basePath, pages };
      opened = openRequest(request, peer, hooks, services, site, sentPath);
    } catch {
      return new Response('{"error":"The request target or the Host header cannot be read"}', {
        status: 400,
        headers: { ...nosniff, 'content-type': 'application/json' },
      });
    }
    const { exchange, owner } = opened;
    let response: Response;
    try {
      if (isCounted(exchange)) {
        const admission = admit(exchange, owner);
        // An await would delay an admitted call by one turn.
        if (admission instanceof Promise) await admission;
      }
      if (descriptors.areScarce && !probed.has(exchange.path)) throw outOfDescriptors();
      if (restoredState?.isRestored && !probed.has(exchange.path)) throw beingRestored();
      // No form of a request target has a fragment (RFC 9112, section 3.2).
      if (sentPath !== undefined || request.url.includes('#')) throw unsafePath();
      const answer = route(exchange);
      // An await would delay a response that is ready by one turn.
      response = answer instanceof Response ? answer : await answer;
      if (exchange.compressible)
        response = await compressed(exchange, exchange.compressible, response, answerEncoding);
    } catch (error) {
      response = exchange.errors.failure(exchange, error);
    } finally {
      exchange.body?.end();
      exchange.smallBody?.end();
    }
    const mustClose = !isBodyRead(exchange) && (descriptors.areScarce || !(await drain(exchange.request)));
    // The next request should go to another server.
    if (mustClose || stopping) response.headers.set('connection', 'close');
    end(exchange, request, response.status, performance.now() - started);
    return response;
  }

  /**
   * A valid credential counts against its own limit, an anonymous caller's against the address too. Every other call,
   * also one with an invalid credential, counts against the address.
   */
  function admit(exchange: Exchange, { keyKinds, takesBasic }: Owner): MaybePromise<void> {
    if (bans.isBanned(exchange.client)) return refuseBanned(exchange);
    if (countsItself(exchange)) {
      setAddressWindow(exchange, limits.address, exchange.client);
      return undefined;
    }
    const secret = keyKinds && shownSecret(exchange.request, takesBasic);
    if (!secret) return countCall(exchange, limits.address, exchange.client, clock);
    const credential = accounts.authenticate(secret);
    return credential instanceof Promise
      ? countLater(exchange, secret, credential, keyKinds)
      : count(exchange, secret, credential, keyKinds);
  }

  /** Banned calls are counted too, because every response reports the rate limit. */
  async function refuseBanned(exchange: Exchange): Promise<never> {
    await countCall(exchange, limits.address, exchange.client, clock);
    throw new Failure('banned', 'This address is banned');
  }

  /** A function of its own, because a closure in `admit` costs each call with a key half a microsecond. */
  async function countLater(
    exchange: Exchange,
    secret: string,
    credential: Promise<Credential | undefined>,
    keyKinds: readonly KeyKind[],
  ): Promise<void> {
    await count(exchange, secret, await credential, keyKinds);
  }

  function count(
    exchange: Exchange,
    secret: string,
    credential: Credential | undefined,
    keyKinds: readonly KeyKind[],
  ): MaybePromise<void> {
    if (credential === undefined || !keyKinds.includes(credential.key.kind)) {
      exchange.refusedSecret = secret;
      return countCall(exchange, limits.address, exchange.client, clock);
    }
    exchange.credential = credential;
    if (isAnonymous(credential.account)) return countAnonymous(exchange, credential);
    return countCall(exchange, limits.credential, credential.key.id, clock);
  }

  /** Everyone can get guest tokens, and they must not multiply the limit of an address. */
  async function countAnonymous(exchange: Exchange, { key }: Credential): Promise<void> {
    await countCall(exchange, limits.address, exchange.client, clock);
    await countCall(exchange, limits.credential, key.id, clock);
  }

  function route(exchange: Exchange): MaybePromise<Response> {
    return exchange.request.method === 'OPTIONS' ? preflight(exchange) : app.fetch(exchange.request);
  }

  function end(
    { route, requestId, client, failure, fault }: Exchange,
    request: Request,
    status: number,
    milliseconds: number,
  ): void {
    const method = knownMethods.has(request.method) ? request.method : 'OTHER';
    const labels = metrics.requests.observe(method, route, status, milliseconds / 1000);
    const traceId = tracing?.record({
      method,
      route: route === unknownRoute ? undefined : route,
      status,
      failure: failure?.code,
      milliseconds,
      traceparent: request.headers.get('traceparent'),
    });
    log.request(labels, requestId, Math.round(milliseconds * 1000), client, traceId);
    if (failure !== undefined) refusals.note(failure, client);
    if (fault === undefined) return;
    stores.damage.note(fault);
    log.log.error({ requestId, traceId, route, status, err: fault }, 'fault');
  }

  const announceStop = () => {
    stopping = true;
  };
  return { handle, basePath, announceStop };
}

/** The path of `PUBLIC_URL` without a trailing slash; empty if Mayfly has a host of its own. */
function basePathOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '');
}

/** Paths that report the state of the server, and are answered in any state. */
const probed = new Set(['/healthz', '/readyz', '/metrics']);

function outOfDescriptors(): Failure {
  return new Failure('server_busy', 'The server has too many connections', { retryAfterSeconds: 5 });
}

function beingRestored(): Failure {
  return new Failure('store_away', 'The server is being restored from a backup', { retryAfterSeconds: 30 });
}

const noHooks: RuntimeHooks = {
  suspendIdleLimit: () => undefined,
  resumeIdleLimit: () => undefined,
  beforeParsing: () => undefined,
};

function unsafePath(): Failure {
  return new Failure(
    'invalid_key',
    'The path must not have . or .. as a segment, and a backslash or # in it must be sent as %5C or %23',
  );
}

/** The origin of S3, to which browsers upload directly; undefined if they upload to this server. */
function storageOrigin({ s3 }: Services['config']): string | undefined {
  return s3 && new URL(s3.publicEndpoint ?? s3.endpoint).origin;
}

/** Routes of the server itself, whose calls are not counted: probes must not exceed a limit. */
const uncounted = new Set([
  '/healthz',
  '/readyz',
  '/metrics',
  '/openapi.json',
  '/docs',
  '/swagger',
  '/favicon.ico',
  '/llms.txt',
  '/robots.txt',
  '/sharex.sxcu',
]);
const uncountedFolders = ['/docs/', '/swagger/', '/assets/'];

/** Clients may invent other methods, and each would be another series in the metrics. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const signedUpload = new RegExp(`^${signedUploadsPath}/[^/]+$`);

/** PUTs to presigned URLs, and their preflights. Large uploads need many; their API counts those that it rejects. */
function countsItself({ path, request }: Exchange): boolean {
  const isPut = request.method === 'PUT' || request.method === 'OPTIONS';
  return isPut && signedUpload.test(path);
}

/** A PUT to one of these paths is an upload, which is counted. */
function isCounted({ path, request: { method } }: Exchange): boolean {
  if (method !== 'GET' && method !== 'OPTIONS') return true;
  return !uncounted.has(path) && !uncountedFolders.some((folder) => path.startsWith(folder));
}
