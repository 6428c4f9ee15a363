import type { Elysia } from 'elysia';
import type { MaybePromise } from '../../../core/ports/maybe-promise.ts';
import { type Exchange, exchangeOf } from '../exchange.ts';
import { answerCheck } from './answer-check.ts';
import type { Method } from './endpoint-definition.ts';
import { replayedHeader } from './idempotency-key.ts';
import type { Operation } from './openapi.ts';

/** Handles a request, with the decoded parameters of the path. */
export type Handler = (exchange: Exchange, params: Record<string, string>) => MaybePromise<Response>;

export type Methods = Partial<Record<Method, { handler: Handler; operation: Operation }>>;

/** The operation of pages, redirects and files of pages: the document of the API does not have them. */
export const undocumented: Operation = { hide: true };

/** What `Allow` says of a path. */
export function allowedMethods(methods: Methods, path = ''): string {
  const names = [...Object.keys(methods), ...(methods.GET ? ['HEAD'] : []), 'OPTIONS'];
  return [...new Set(isNameAtRoot(path) ? [...names, 'PUT'] : names)].join(', ');
}

type RouteContext = { request: Request; route: string; params: Record<string, string | null> };

/**
 * A parameter that cannot be decoded is null on one runtime and contains this character on the other. No name and no id
 * contains it.
 */
const undecodable = '\ufffd';

function decoded(params: RouteContext['params']): Record<string, string> {
  for (const name in params) params[name] ??= undecodable;
  return params as Record<string, string>;
}

/**
 * Mounts a path with its methods on the router. Any other method is answered with 405 and `Allow`, or with 501 if HTTP
 * does not define it, unless `openEnded` leaves it to other routes, such as PUT of a name at the root. `allowed`
 * returns the value of `Allow` if it is not all of the methods. A path with a slash at its end is the same path, but it
 * is 404 if `exact` is set. The router never parses a body, because bodies are streams.
 */
export function mountResource(
  app: Elysia,
  path: string,
  methods: Methods,
  {
    openEnded = false,
    exact = false,
    allowed,
  }: { openEnded?: boolean; exact?: boolean; allowed?: (exchange: Exchange) => string } = {},
): void {
  const names = Object.keys(methods) as (keyof Methods)[];
  for (const name of names) {
    const method = methods[name];
    if (method === undefined) continue;
    const fail = (exchange: Exchange, error: unknown): Response => {
      // If a write was replayed before the error, this is still not its response.
      delete exchange.headers[replayedHeader];
      const response = exchange.errors.failure(exchange, error);
      answerCheck?.failed(method.operation, response);
      return response;
    };
    // Not an async function, so that a response that is ready is returned without a promise.
    const run = ({ request, route, params }: RouteContext): MaybePromise<Response> => {
      const exchange = exchangeOf(request, route);
      try {
        if (exact && exchange.path.endsWith('/')) return exchange.errors.notFound(exchange);
        const answer = method.handler(exchange, decoded(params));
        return answer instanceof Response ? answer : answer.catch((error) => fail(exchange, error));
      } catch (error) {
        return fail(exchange, error);
      }
    };
    app.route(name, path, run, { parse: 'none', detail: method.operation });
  }
  if (openEnded) return;
  const refuse = ({ request, route }: RouteContext): Response => {
    const exchange = exchangeOf(request, route);
    if (!httpMethods.has(request.method)) return exchange.errors.methodNotImplemented(exchange);
    if (exact && exchange.path.endsWith('/')) return exchange.errors.notFound(exchange);
    return exchange.errors.methodNotAllowed(exchange, allowed?.(exchange) ?? allowedMethods(methods, path));
  };
  const hidden = { parse: 'none', detail: { hide: true, 'x-refused': true } as object } as const;
  if (methods.PUT || !isNameAtRoot(path)) app.all(path, refuse, hidden);
  else for (const name of refusable) if (!(name in methods)) app.route(name, path, refuse, hidden);
}

/**
 * Any PUT to one path segment at the root is an upload (docs/contract/payloads.md, "Shell uploads"), even if another
 * route has that path.
 */
function isNameAtRoot(path: string): boolean {
  return /^\/[^/:*]+$/.test(path);
}

const refusable = ['GET', 'POST', 'PATCH', 'DELETE', 'TRACE', 'CONNECT'] as const;

/** The methods that HTTP defines (RFC 9110, section 9; PATCH: RFC 5789). */
export const httpMethods: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'],
]);
