import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { startMayfly } from '../support/mayfly-process.ts';
import { type Collector, startCollector } from '../support/otlp-collector.ts';
import { checkout, partPath } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { logLines } from './log-lines.ts';

setDefaultTimeout(60_000);
const patiently = { timeoutMs: 40_000 };

let collector: Collector;
beforeAll(() => {
  collector = startCollector();
});
afterAll(() => collector.stop());

const start = (env: Record<string, string> = {}) =>
  startMayfly({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '20', ...env },
    clockless: true,
  });
const warningsOf = (server: Awaited<ReturnType<typeof start>>) =>
  logLines(server).filter(({ event }) => event === 'trace_export_failed');

// docs/operations.md, "Traces".
describe('a collector that fails', () => {
  test('refuses spans: one line reports it, however many exports fail', async () => {
    collector.behave('refuse');
    const server = await start();
    const exports = collector.requests.length;
    const areSeveral = async () => {
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      return collector.requests.length >= exports + 3;
    };
    await waitFor('several exports', areSeveral, patiently);
    await waitFor('the warning', () => warningsOf(server).length > 0, patiently);
    expect(await server.stop()).toBe(0);
    expect(warningsOf(server)).toEqual([
      expect.objectContaining({
        level: 40,
        host: new URL(collector.url).host,
        spans: expect.any(Number),
        reason: 'Bad Request',
      }),
    ]);
  });

  test('never answers: requests do not wait, and the stop waits for two seconds', async () => {
    collector.behave('hang');
    const exports = collector.requests.length;
    // A request or a stop that waited for the export would take longer than the limits below.
    const server = await start({ OTEL_EXPORTER_OTLP_TIMEOUT: '60000' });
    await waitFor('an export', () => collector.requests.length > exports, patiently);
    const times = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const started = performance.now();
        expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
        return performance.now() - started;
      }),
    );
    expect(Math.max(...times)).toBeLessThan(30_000);
    const stopping = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - stopping).toBeLessThan(30_000);
    expect(warningsOf(server)).toHaveLength(1);
  });

  test('is not there: the line has the reason, and no password', async () => {
    collector.behave('accept');
    const server = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:hidden-password@127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
    });
    const line = await waitFor('the warning', () => warningsOf(server)[0], patiently);
    expect(line).toMatchObject({ host: '127.0.0.1:9', code: 'ECONNREFUSED' });
    expect(await server.stop()).toBe(0);
    expect(server.logs()).not.toContain('hidden-password');
  });
});

test('the stop sends the spans that still wait', async () => {
  collector.behave('accept');
  const before = collector.spans.length;
  const server = await start({ OTEL_BSP_SCHEDULE_DELAY: '600000' });
  for (let requests = 0; requests < 5; requests += 1) await fetch(`${server.url}/robots.txt`);
  expect(collector.spans.length).toBe(before);
  expect(await server.stop()).toBe(0);
  const names = collector.spans.slice(before).map(({ name }) => name);
  expect(names.filter((name) => name === 'GET /robots.txt')).toHaveLength(5);
});

test('without the optional packages, the start fails with a line that names them', async () => {
  const program = temporaryDirectory('without-packages');
  for (const name of ['src', 'migrations', 'build', 'package.json', 'tsconfig.json', 'test/support'])
    cpSync(join(checkout, name), join(program, name), { recursive: true });
  mkdirSync(join(program, 'node_modules'));
  for (const name of readdirSync(join(checkout, 'node_modules')))
    if (name !== '@opentelemetry')
      symlinkSync(join(checkout, 'node_modules', name), join(program, 'node_modules', name));
  const failed = await startMayfly({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, program }).catch(
    String,
  );
  expect(failed).toContain('needs the @opentelemetry packages: install the optional dependencies of Mayfly');
  const server = await startMayfly({ program });
  expect(await server.stop()).toBe(0);
});

await suiteWith(['strace'], 'the libraries of OpenTelemetry', () => {
  /** The packages whose files a server opens until it has answered a request. */
  async function opened(env: Record<string, string>): Promise<string[]> {
    const file = join(temporaryDirectory('opened'), 'calls');
    const commandPrefix = [await partPath('strace'), '-f', '-qq', '-e', 'trace=open,openat', '-o', file];
    const server = await startMayfly({ env, commandPrefix });
    await fetch(`${server.url}/p/x`);
    await server.stop();
    const found = readFileSync(file, 'utf8').matchAll(/@opentelemetry\/([\w-]+)\/[^"]*\.[cm]?js/g);
    return [...new Set([...found].map(([, name = '']) => name))];
  }

  test('are loaded only if a collector is set', async () => {
    const [unset, disabled, set] = await Promise.all([
      opened({}),
      opened({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: 'true' }),
      opened({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }),
    ]);
    // prom-client needs it.
    expect([unset, disabled]).toEqual([['api'], ['api']]);
    expect(set).toContain('sdk-trace');
  });
});
