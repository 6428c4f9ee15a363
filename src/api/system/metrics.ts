import type { Elysia } from 'elysia';
import type { Registry } from 'prom-client';
import { isLoopback } from '../../core/client-address.ts';
import { Failure } from '../../core/failure.ts';
import { hashSecret, matchesSecret } from '../../core/ids.ts';
import { type Exchange, reply } from '../shared/exchange.ts';
import { mountResource } from '../shared/resource.ts';
import { metricsOperation } from './operations.ts';

/**
 * `/metrics`, in the text format of Prometheus, for whoever has the token; where there is none, for processes
 * on this machine.
 */
export function mountMetrics(app: Elysia, registry: Registry, token: string | undefined): void {
  const isAllowed = token === undefined ? comesFromHere : tokenCheck(token);
  mountResource(app, '/metrics', {
    GET: {
      handler: async (exchange) => {
        if (!isAllowed(exchange)) throw new Failure('unauthorized', 'Metrics need a token');
        const body = await registry.metrics();
        return reply(
          exchange,
          200,
          { 'content-type': registry.contentType, 'cache-control': 'no-store' },
          body,
        );
      },
      operation: metricsOperation,
    },
  });
}

/** A proxy on this machine speaks for others, and says so in `X-Forwarded-For`. */
function comesFromHere({ peer, request }: Exchange): boolean {
  return isLoopback(peer) && !request.headers.has('x-forwarded-for');
}

function tokenCheck(token: string): (exchange: Exchange) => boolean {
  const hash = hashSecret(token);
  return ({ request }) => {
    const shown = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    return shown !== undefined && matchesSecret(shown, hash);
  };
}
