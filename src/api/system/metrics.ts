import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { isLoopback } from '../../core/client-address.ts';
import { Failure } from '../../core/failure.ts';
import { hashSecret, matchesSecret } from '../../core/ids.ts';
import { mountEndpoints } from '../shared/endpoints/endpoint.ts';
import { serverEndpoint } from '../shared/endpoints/server-endpoints.ts';
import { type Exchange, reply } from '../shared/exchange.ts';

const readMetrics = serverEndpoint({
  method: 'GET',
  path: '/metrics',
  operationId: 'metrics',
  summary: 'Metrics for Prometheus',
  description: 'Requires METRICS_TOKEN. If it is not set: a loopback address, a loopback Host and no proxy.',
  security: [{ metricsToken: [] }, {}],
  responses: { 200: { description: 'Metrics in the text format.', types: { 'text/plain': Type.String() } } },
  errors: [403, 405],
});

/** Metrics in the text format of Prometheus. */
type MetricsText = { contentType: string; text(): Promise<string> };

/** Mounts `/metrics`. Without a token only processes on this machine may read it. */
export function mountMetrics(app: Elysia, metrics: MetricsText, token: string | undefined): void {
  const requireAccess = token === undefined ? requireLocal : tokenCheck(token);
  const read = readMetrics.by(async (exchange) => {
    requireAccess(exchange);
    const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' };
    return readMetrics.pass(reply(exchange, 200, headers, await metrics.text()));
  });
  mountEndpoints(app, [read]);
}

const notLocal = /^(?:origin|forwarded|via|x-real-ip|x-forwarded-.*)$/;

/**
 * Refuses requests that a proxy or a browser on this machine makes for others. A proxy adds headers that name it or
 * another host, or keeps the client's Host. A page of another site sends `Origin`, or its own Host after DNS rebinding.
 */
function requireLocal({ peer, request: { headers } }: Exchange): void {
  const host = headers.get('host') ?? '';
  const isLocal = isLoopback(peer) && (/^localhost(?::\d+)?$/i.test(host) || isLoopback(host));
  if (!isLocal || [...headers.keys()].some((name) => notLocal.test(name)))
    throw new Failure(
      'forbidden',
      'Metrics are available only on this machine; set METRICS_TOKEN to read them from another one',
    );
}

function tokenCheck(token: string): (exchange: Exchange) => void {
  const hash = hashSecret(token);
  return ({ request }) => {
    const shown = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (shown === undefined || !matchesSecret(shown, hash))
      throw new Failure('unauthorized', 'Metrics need the token of METRICS_TOKEN');
  };
}
