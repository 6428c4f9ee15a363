import { Elysia } from 'elysia';
import packageJson from '../package.json' with { type: 'json' };
import { mountPayloadApi, payloadErrors } from './api/payloads/index.ts';
import { crossOriginHeaders, preflight } from './api/shared/cross-origin.ts';
import { type Exchange, exchangeOf, openExchange } from './api/shared/exchange.ts';
import { setRateLimitHeaders } from './api/shared/rate-limit-headers.ts';
import { mountDocs, mountHealth, mountMetrics } from './api/system/index.ts';
import { newHashId } from './core/ids.ts';
import type { RateLimitVerdict } from './core/ports/rate-limiter.ts';
import type { Services } from './services.ts';

export type Server = {
  /** Answers one request. `peer` is the address of the socket. Never rejects. */
  handle(request: Request, peer: string): Promise<Response>;
  /** From now on `/readyz` says that this server is stopping. */
  announceStop(): void;
};

/**
 * Mounts the APIs over the services. Nothing listens yet: that is up to a runtime.
 *
 * @param publicUrl Tells what links begin with. It is asked when a link is made: where any free port will do,
 *   the port is known only once the server listens.
 */
export function createServer(services: Services, publicUrl: () => string): Server {
  let stopping = false;
  const app = createRouter(services, publicUrl, () => stopping);
  const { rateLimiter, metrics, log } = services;
  app.compile();

  async function handle(request: Request, peer: string): Promise<Response> {
    const started = performance.now();
    let exchange: Exchange;
    try {
      exchange = begin(request, peer, services);
    } catch {
      return new Response('{"error":"The request target cannot be read"}', {
        status: 400,
        headers: { 'content-type': 'application/json' },
      });
    }
    let response: Response;
    try {
      const verdict =
        rateLimiter && isCounted(exchange.path) ? await rateLimiter.consume(exchange.client) : undefined;
      if (verdict) setRateLimitHeaders(exchange.headers, verdict);
      const answer = verdict?.allowed === false ? refuse(exchange, verdict) : route(exchange);
      // What is at hand is not awaited: that would cost it a turn.
      response = answer instanceof Response ? answer : await answer;
    } catch (error) {
      response = payloadErrors.failure(exchange, error);
    }
    end(exchange, request.method, response.status, performance.now() - started);
    return response;
  }

  function refuse(exchange: Exchange, { resetAt }: RateLimitVerdict): Response {
    const seconds = Math.ceil((resetAt - services.clock()) / 1000);
    return payloadErrors.tooManyRequests(exchange, Math.max(1, seconds));
  }

  function route(exchange: Exchange): Response | Promise<Response> {
    return exchange.request.method === 'OPTIONS' ? preflight(exchange) : app.fetch(exchange.request);
  }

  function end(
    { route, requestId, fault }: Exchange,
    method: string,
    status: number,
    milliseconds: number,
  ): void {
    const known = knownMethods.has(method) ? method : 'OTHER';
    const labels = metrics.requests.observe(known, route, status, milliseconds / 1000);
    log.request(labels, requestId, Math.round(milliseconds * 1000));
    if (fault !== undefined) log.log.error({ requestId, route, status, err: fault }, 'fault');
  }

  const announceStop = () => {
    stopping = true;
  };
  return { handle, announceStop };
}

/** Routes of the server itself, whose calls are not counted: probes must not run into a limit. */
const uncounted = new Set(['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/swagger']);

/** Others are made up by clients, and each would be a series of its own in the metrics. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function isCounted(path: string): boolean {
  return !uncounted.has(path) && !path.startsWith('/docs/') && !path.startsWith('/swagger/');
}

function createRouter(services: Services, publicUrl: () => string, isStopping: () => boolean) {
  const { payloads, clock, metrics, config, probes } = services;
  const app = new Elysia({ handler: { standardHostname: false } });
  // Handlers answer for their own errors: what arrives here is a path that nobody has, or a fault.
  app.onError(({ code, error, request }) => {
    const exchange = exchangeOf(request);
    return code === 'NOT_FOUND' ? payloadErrors.notFound(exchange) : payloadErrors.failure(exchange, error);
  });
  mountHealth(app, probes, isStopping);
  mountMetrics(app, metrics.registry, config.metricsToken);
  mountDocs(app, packageJson.version);
  mountPayloadApi(app, {
    payloads,
    clock,
    get publicUrl() {
      return publicUrl();
    },
  });
  return app;
}

/**
 * HEAD is routed as GET, with a mark for the handlers: routers that run a GET handler for HEAD would take a
 * read and drain the body.
 */
function begin(request: Request, peer: string, { clientAddresses }: Services): Exchange {
  const { headers, method } = request;
  const headOnly = method === 'HEAD';
  // Without a Host that can be read, the runtime's URL is a mere path; which host it is plays no part here.
  const hasHost = !request.url.startsWith('/');
  const url = hasHost ? request.url : `http://localhost${request.url}`;
  const pathStart = url.indexOf('/', url.indexOf('://') + 3);
  const queryStart = url.indexOf('?', pathStart);
  const requestId = requestIdFor(headers.get('x-request-id'));
  return openExchange({
    request: headOnly
      ? new Request(url, { method: 'GET', headers })
      : hasHost
        ? request
        : new Request(url, request),
    path: queryStart === -1 ? url.slice(pathStart) : url.slice(pathStart, queryStart),
    requestId,
    peer,
    client: clientAddresses.keyFor(peer, headers),
    headOnly,
    route: 'unknown',
    headers: { 'X-Request-Id': requestId, ...crossOriginHeaders(headers) },
  });
}

const idPrefix = newHashId().slice(0, 16);
let idCount = 0;

/** The client's own id where it is one, else a new one: random for the process, then counted. */
function requestIdFor(asked: string | null): string {
  if (asked !== null && /^[A-Za-z0-9._-]{1,128}$/.test(asked)) return asked;
  idCount += 1;
  return `${idPrefix}-${idCount}`;
}
