import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import type { Descriptors } from '../../core/limits/descriptors.ts';
import { type Probe, Unhealthy } from '../../core/ports/probe.ts';
import { mountEndpoints } from '../shared/endpoints/endpoint.ts';
import { oneOf } from '../shared/endpoints/schemas.ts';
import { serverEndpoint } from '../shared/endpoints/server-endpoints.ts';

/** The time (ms) after which a probe fails. */
const patience = 2000;

type StoreState = 'ok' | 'away' | Unhealthy['state'];

const Readiness = Type.Object(
  {
    status: oneOf(['ready', 'degraded', 'unavailable', 'stopping']),
    stores: Type.Unsafe<Record<string, StoreState>>({
      type: 'object',
      description: 'The state of each store, by its name.',
      additionalProperties: {
        type: 'string',
        enum: ['ok', 'away', 'full', 'damaged', 'moved', 'wrong', 'restored'],
      },
      examples: [{ database: 'ok', blobs: 'ok', disk: 'ok' }],
    }),
    descriptors: Type.Optional(
      Type.Literal('scarce', {
        description: 'Present if the process has nearly run out of file descriptors.',
      }),
    ),
  },
  { $id: 'Readiness', description: 'Whether the server can serve requests.' },
);

const health = serverEndpoint({
  method: 'GET',
  path: '/healthz',
  operationId: 'health',
  summary: 'Check that the process answers',
  description: 'Does not check the stores: a failure means that the process must be restarted.',
  responses: { 200: { description: 'It does.', body: Type.Object({ status: Type.Literal('ok') }) } },
  errors: [405],
});

const readiness = serverEndpoint({
  method: 'GET',
  path: '/readyz',
  operationId: 'readiness',
  summary: 'Check the stores',
  description:
    'For load balancers: 200 if the server can serve requests. A store that is not essential may be unavailable.',
  responses: {
    200: { description: 'Ready.', body: Readiness, headers: {} },
    503: {
      description:
        'A store is unavailable or being restored, file descriptors are scarce, or the server is stopping.',
      body: Readiness,
      headers: { 'retry-after': Type.String({ description: 'Seconds to wait.' }) },
    },
  },
  errors: [405],
});

/** Mounts `/healthz`, which reports on the process only, and `/readyz`, which reports on its stores. */
export function mountHealth(
  app: Elysia,
  probes: Probe[],
  descriptors: Descriptors,
  isStopping: () => boolean,
): void {
  const reportHealth = health.by((exchange) => health.answer(exchange, 200, { status: 'ok' }, {}));
  const reportReadiness = readiness.by(async (exchange) => {
    const states = await Promise.all(probes.map(probe));
    const { areScarce } = descriptors;
    const isReady =
      !areScarce &&
      !isStopping() &&
      probes.every(({ dispensable }, index) => dispensable || states[index] === 'ok');
    const stores = Object.fromEntries(probes.map(({ name }, index) => [name, states[index] ?? 'away']));
    const details = { stores, ...(areScarce && { descriptors: 'scarce' as const }) };
    if (isReady) {
      const isDegraded = probes.some(({ degrades }, index) => degrades && states[index] !== 'ok');
      return readiness.answer(exchange, 200, { status: isDegraded ? 'degraded' : 'ready', ...details }, {});
    }
    const status = isStopping() ? 'stopping' : 'unavailable';
    return readiness.answer(exchange, 503, { status, ...details }, { 'retry-after': '5' });
  });
  mountEndpoints(app, [reportHealth, reportReadiness]);
}

async function probe({ ping }: Probe): Promise<StoreState> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'away'>((resolve) => {
    timer = setTimeout(() => resolve('away'), patience);
  });
  const answer = ping().then(
    () => 'ok' as const,
    (error: unknown) => (error instanceof Unhealthy ? error.state : ('away' as const)),
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
