import type { Elysia } from 'elysia';
import { type Exchange, exchangeOf } from './exchange.ts';

/** What a handler is given: the exchange, and the decoded parameters of the path. */
export type Handler = (exchange: Exchange, params: Record<string, string>) => Response | Promise<Response>;

/** An OpenAPI operation, as far as it is written by hand. */
export type Operation = Record<string, unknown>;

export type Methods = Partial<
  Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', { handler: Handler; operation: Operation }>
>;

/** How an API shows what went wrong; each has a shape of its own. */
export type Errors = {
  /** Anything that a handler threw: a `Failure` of the core, or a fault of our own (500). */
  failure(exchange: Exchange, error: unknown): Response;
  methodNotAllowed(exchange: Exchange, allowed: string): Response;
};

type RouteContext = { request: Request; route: string; params: Record<string, string> };

/**
 * Mounts a path with its methods on the router. Any other method is answered 405 with `Allow`, unless
 * `openEnded` leaves it to other routes. No route has the router parse a body: bodies stream.
 */
export function mountResource(
  app: Elysia,
  path: string,
  errors: Errors,
  methods: Methods,
  { openEnded = false } = {},
): void {
  const names = Object.keys(methods) as (keyof Methods)[];
  for (const name of names) {
    const method = methods[name];
    if (method === undefined) continue;
    // Not an async function: an answer that is at hand goes out without a promise.
    const run = ({ request, route, params }: RouteContext): Response | Promise<Response> => {
      const exchange = exchangeOf(request, route);
      try {
        const answer = method.handler(exchange, params);
        return answer instanceof Response ? answer : answer.catch((error) => errors.failure(exchange, error));
      } catch (error) {
        return errors.failure(exchange, error);
      }
    };
    app.route(name, path, run, { parse: 'none', detail: method.operation });
  }
  if (openEnded) return;
  const allowed = [...names, ...(methods.GET ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  app.all(
    path,
    ({ request, route }: RouteContext) => errors.methodNotAllowed(exchangeOf(request, route), allowed),
    { parse: 'none', detail: { hide: true } },
  );
}
