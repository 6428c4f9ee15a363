import type { Elysia } from 'elysia';
import type { Descriptors } from '../../core/descriptors.ts';
import { type Probe, Unwell } from '../../core/ports/probe.ts';
import { type Exchange, replyJson } from '../shared/exchange.ts';
import { mountResource } from '../shared/resource.ts';
import { healthOperation, readinessOperation } from './operations.ts';

/** What a probe may take (ms) before it counts as away. */
const patience = 2000;

/** `/healthz` tells of the process alone, `/readyz` of its stores, each by name. */
export function mountHealth(
  app: Elysia,
  probes: Probe[],
  descriptors: Descriptors,
  isStopping: () => boolean,
): void {
  mountResource(app, '/healthz', {
    GET: {
      handler: (exchange) => replyJson(exchange, 200, { status: 'ok' }),
      operation: healthOperation,
    },
  });
  mountResource(app, '/readyz', {
    GET: {
      handler: (exchange) => readiness(exchange, probes, descriptors, isStopping),
      operation: readinessOperation,
    },
  });
}

async function readiness(
  exchange: Exchange,
  probes: Probe[],
  { areScarce }: Descriptors,
  isStopping: () => boolean,
): Promise<Response> {
  const states = await Promise.all(probes.map(probe));
  const isReady =
    !areScarce &&
    !isStopping() &&
    probes.every(({ dispensable }, index) => dispensable || states[index] === 'ok');
  const status = isStopping() ? 'stopping' : isReady ? 'ready' : 'unavailable';
  const stores = Object.fromEntries(probes.map(({ name }, index) => [name, states[index]]));
  const body = { status, stores, ...(areScarce && { descriptors: 'scarce' }) };
  return replyJson(exchange, isReady ? 200 : 503, body, isReady ? {} : { 'retry-after': '5' });
}

async function probe({ ping }: Probe): Promise<'ok' | 'away' | Unwell['state']> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'away'>((resolve) => {
    timer = setTimeout(() => resolve('away'), patience);
  });
  const answer = ping().then(
    () => 'ok' as const,
    (error: unknown) => (error instanceof Unwell ? error.state : ('away' as const)),
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
