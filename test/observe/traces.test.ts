import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import packageJson from '../../package.json' with { type: 'json' };
import { openTracing } from '../../src/composition/tracing.ts';
import { readConfig } from '../../src/config/index.ts';
import { createLog } from '../../src/observe/log.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { type CollectedSpan, type Collector, startCollector } from '../support/otlp-collector.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { logLines } from './log-lines.ts';

setDefaultTimeout(60_000);

let collector: Collector;
beforeAll(() => {
  collector = startCollector();
});
const servers: MayflyProcess[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await collector.stop();
});

async function start(runtime: Runtime, env: Record<string, string> = {}): Promise<MayflyProcess> {
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '20', ...env };
  const server = await startMayfly({ runtime, env: settings, clockless: true });
  servers.push(server);
  return server;
}

/** A trace of the client, as the specification "Trace Context" writes it. */
function newTrace(flags = '01') {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

/** Sends a request as a part of a trace of its own. @returns The span that the server exported. */
async function spanOf(url: string, init: RequestInit = {}): Promise<CollectedSpan> {
  const { traceId, traceparent } = newTrace();
  await (await fetch(url, { ...init, headers: { ...init.headers, traceparent } })).bytes();
  return exported(traceId);
}

const exported = (traceId: string) =>
  waitFor('the span', () => collector.spans.find((span) => span.traceId === traceId), { timeoutMs: 30_000 });

/** The line of the request with this id. */
const lineOf = (server: MayflyProcess, requestId: string) =>
  waitFor('the line', () => logLines(server).find((line) => line.requestId === requestId));

// Attributes and names: OpenTelemetry's semantic conventions for HTTP 1.41, "HTTP server" and "Name".
function conventions(runtime: Runtime) {
  let server: MayflyProcess;
  beforeAll(async () => {
    server = await start(runtime, {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=one%2C%20two,authorization=Basic YTpi==',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%20test,service.name=overridden',
      OTEL_SERVICE_NAME: 'paste',
    });
  });

  test('a request has a server span with method, route, status and the address of the server', async () => {
    const before = BigInt(Date.now() - 1) * 1_000_000n;
    const id = randomBytes(16).toString('hex');
    const span = await spanOf(`${server.url}/api/v1/payloads/${id}?secret=x`);
    expect(span).toMatchObject({ name: 'GET /api/v1/payloads/:hash_id', kind: 2, status: 0 });
    expect(span.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/api/v1/payloads/:hash_id',
      'http.response.status_code': 404,
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': server.port,
    });
    expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    const now = BigInt(Date.now() + 1) * 1_000_000n;
    expect([before < span.start, span.start < span.end, span.end < now]).toEqual([true, true, true]);
  });

  test('an unknown path has no route, and an unknown method no name', async () => {
    const unknown = await spanOf(`${server.url}/no/such/path`);
    expect(unknown.name).toBe('GET');
    expect(Object.keys(unknown.attributes)).not.toContain('http.route');
    const odd = await spanOf(`${server.url}/p/x`, { method: 'PROPFIND' });
    expect(odd.name).toBe('HTTP /p/:hash_id');
    expect(odd.attributes).toMatchObject({ 'http.request.method': '_OTHER', 'error.type': '501' });
    expect([odd.status, odd.statusMessage]).toEqual([2, '']);
    const head = await spanOf(`${server.url}/healthz`, { method: 'HEAD' });
    expect(head.name).toBe('HEAD /healthz');
  });

  test('a span is a child of the span that the client names, and otherwise begins a trace', async () => {
    const { traceId, spanId, traceparent } = newTrace();
    await fetch(`${server.url}/healthz`, { headers: { traceparent, tracestate: 'a=b', baggage: 'c=d' } });
    expect(await exported(traceId)).toMatchObject({ parentSpanId: spanId, traceState: '' });
    for (const wrong of ['', 'x', `00-${'0'.repeat(32)}-${spanId}-01`, `${traceparent}, ${traceparent}`]) {
      const requestId = `wrong-${randomBytes(8).toString('hex')}`;
      await fetch(`${server.url}/healthz`, { headers: { traceparent: wrong, 'x-request-id': requestId } });
      const { traceId: own } = await lineOf(server, requestId);
      expect(await exported(String(own))).toMatchObject({ parentSpanId: '' });
    }
  });

  test('the log line of a request has the id of its trace, unless the client does not record it', async () => {
    const recorded = newTrace();
    const unrecorded = newTrace('00');
    for (const [requestId, { traceparent }] of [
      ['recorded', recorded],
      ['unrecorded', unrecorded],
    ] as const)
      await fetch(`${server.url}/p/x`, { headers: { traceparent, 'x-request-id': requestId } });
    expect(await lineOf(server, 'recorded')).toMatchObject({ traceId: recorded.traceId });
    expect(await lineOf(server, 'unrecorded')).not.toHaveProperty('traceId');
    await spanOf(`${server.url}/healthz`);
    expect(collector.spans.filter(({ traceId }) => traceId === unrecorded.traceId)).toEqual([]);
  });

  test('the collector gets the attributes of the server and the headers of the settings', async () => {
    const { resource } = await spanOf(`${server.url}/healthz`);
    expect(resource).toMatchObject({
      'service.name': 'paste',
      'service.version': packageJson.version,
      'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'deployment.environment.name': 'a test',
      'telemetry.sdk.name': 'opentelemetry',
    });
    const [request] = collector.requests;
    expect(request?.path).toBe('/v1/traces');
    expect(request?.headers.get('x-tenant')).toBe('one, two');
    expect(request?.headers.get('authorization')).toBe('Basic YTpi==');
    expect(request?.headers.get('content-type')).toBe('application/x-protobuf');
  });
}

describe('traces on Bun', () => conventions('bun'));
describe('traces on Deno', () => conventions('deno'));
await suiteWith(['node'], 'traces on Node', () => conventions('node'));

describe('the settings of traces', () => {
  test('a failure of a store is named, another URL gets the spans, and the public URL is the address', async () => {
    const server = await startMayfly({
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/another/path`,
        OTEL_BSP_SCHEDULE_DELAY: '20',
        PUBLIC_URL: 'https://paste.example/base',
        S3_ENDPOINT: 'http://127.0.0.1:9',
        S3_BUCKET: 'none',
        S3_ACCESS_KEY_ID: 'key',
        S3_SECRET_ACCESS_KEY: 'secret-of-s3',
      },
      readyPath: '/healthz',
    });
    servers.push(server);
    const span = await spanOf(`${server.url}/large.bin`, { method: 'PUT', body: new Uint8Array(100_000) });
    expect(span.attributes).toEqual({
      'http.request.method': 'PUT',
      'http.route': '/:name',
      'http.response.status_code': 503,
      'error.type': 'store_away',
      'url.scheme': 'https',
      'server.address': 'paste.example',
      'server.port': 443,
    });
    expect(span.status).toBe(2);
    expect(collector.requests.some(({ path }) => path === '/another/path')).toBe(true);
  });

  test.each([
    ['always_on', 0, '00', true],
    ['always_off', 1, '01', false],
    ['traceidratio', 0, '01', false],
    ['traceidratio', 1, undefined, true],
    ['parentbased_always_on', 0, undefined, true],
    ['parentbased_always_on', 0, '00', false],
    ['parentbased_always_off', 1, undefined, false],
    ['parentbased_always_off', 1, '01', true],
    ['parentbased_traceidratio', 0, undefined, false],
    ['parentbased_traceidratio', 0, '01', true],
  ] as const)(
    'with OTEL_TRACES_SAMPLER=%s and %d, a request with the flags %p is recorded: %p',
    async (name, ratio, flags, isRecorded) => {
      const config = readConfig({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_TRACES_SAMPLER: name,
        OTEL_TRACES_SAMPLER_ARG: String(ratio),
      });
      const tracing = await openTracing(config, () => 'http://localhost:1', createLog('silent').log);
      const { traceId, traceparent } = newTrace(flags);
      const earlier = collector.spans.length;
      const request = { method: 'GET', route: '/sampled', status: 200, failure: undefined, milliseconds: 1 };
      const recorded = tracing?.record({ ...request, traceparent: flags ? traceparent : null });
      expect(recorded !== undefined).toBe(isRecorded);
      if (isRecorded && flags) expect(recorded).toBe(traceId);
      await tracing?.close();
      expect(collector.spans.length - earlier).toBe(isRecorded ? 1 : 0);
    },
  );

  test('without a collector, or with OTEL_SDK_DISABLED, there are none', async () => {
    for (const env of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: 'true' }]) {
      const tracing = openTracing(readConfig(env), () => 'http://localhost:1', createLog('silent').log);
      expect(await tracing).toBeUndefined();
    }
  });
});
