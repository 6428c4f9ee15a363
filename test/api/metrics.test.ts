import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createServices } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import { createLog } from '../../src/observe/log.ts';
import { createServer } from '../../src/server/index.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { create, expectError, read, unknownId } from './payloads/server.ts';
import { parsePrometheusText } from './prometheus-text.ts';

setDefaultTimeout(30_000);

let server: MayflyProcess;
const others: MayflyProcess[] = [];
beforeAll(async () => {
  server = await startMayfly();
});
afterAll(() => Promise.all([server, ...others].map((running) => running.stop())));

describe('/metrics', () => {
  const metrics = async (running: MayflyProcess, headers: Record<string, string> = {}) =>
    fetch(`${running.url}/metrics`, { headers });

  test('is text that Prometheus can read, with the requests to the server', async () => {
    const { hash_id } = await create(server);
    await read(server, hash_id);
    await expectError(await read(server, unknownId), 404);
    const response = await metrics(server);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toStartWith('text/plain; version=0.0.4');
    const families = parsePrometheusText(await response.text());
    expect(families.size).toBeGreaterThan(10);
    for (const { name, help } of families.values()) expect({ name, help }).not.toEqual({ name, help: '' });

    const requests = families.get('mayfly_http_request_seconds');
    expect(requests?.type).toBe('histogram');
    const count = (labels: Record<string, string>) =>
      requests?.samples.find(
        (sample) =>
          sample.name.endsWith('_count') &&
          Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
      )?.value;
    expect(count({ method: 'POST', status: '201' })).toBeGreaterThanOrEqual(1);
    expect(count({ method: 'GET', status: '404' })).toBeGreaterThanOrEqual(1);
  });

  test('buckets of histograms only grow, and the last holds every observation', async () => {
    const families = parsePrometheusText(await (await metrics(server)).text());
    const histograms = [...families.values()].filter(({ type }) => type === 'histogram');
    expect(histograms.length).toBeGreaterThan(0);
    for (const { name, samples } of histograms) {
      const series = new Map<string, typeof samples>();
      for (const sample of samples) {
        const { le: _, ...labels } = sample.labels;
        const key = JSON.stringify(Object.entries(labels).sort());
        series.set(key, [...(series.get(key) ?? []), sample]);
      }
      for (const members of series.values()) {
        const buckets = members.filter((sample) => sample.name === `${name}_bucket`);
        const bounds = buckets.map(({ labels }) => Number(labels.le?.replace('+Inf', 'Infinity')));
        expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
        expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
        const values = buckets.map(({ value }) => value);
        expect(values).toEqual([...values].sort((a, b) => a - b));
        expect(values.at(-1)).toBe(members.find((sample) => sample.name === `${name}_count`)?.value ?? -1);
      }
    }
  });

  test('labels contain no ids, names or paths of requests', async () => {
    const { hash_id } = await create(server);
    await read(server, hash_id);
    await fetch(`${server.url}/canary-path/and/more`);
    await fetch(`${server.url}/canary-name.txt`, { method: 'PUT', body: 'x' });
    const text = await (await metrics(server)).text();
    expect(text).not.toContain(hash_id);
    expect(text).not.toContain('canary');
  });

  test('without a token it rejects requests through a proxy, from a browser or with another name', async () => {
    const proxied = [
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Real-IP',
      'Forwarded',
      'Via',
    ];
    for (const name of [...proxied, 'Origin'])
      for (const value of ['198.51.100.1', '127.0.0.1', ''])
        await expectError(await metrics(server, { [name]: value }), 403);
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '192.0.2.1',
      '[2001:db8::1]:8080',
      '0x7f.1',
    ])
      await expectError(await metrics(server, { Host: host }), 403);
    for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1:8080', '127.8.9.1', '[::1]', '[::1]:8080'])
      expect([host, (await metrics(server, { Host: host })).status]).toEqual([host, 200]);
  });

  test.each(['/metrics', '/readyz', '/healthz', '/healthz/'])(
    '%s is readable for no other origin',
    async (path) => {
      const origin = { Origin: 'https://app.example' };
      const preflight = { ...origin, 'Access-Control-Request-Method': 'GET' };
      for (const response of [
        await fetch(server.url + path, { headers: origin }),
        await fetch(server.url + path, { method: 'POST', headers: origin }),
        await fetch(server.url + path, { method: 'OPTIONS', headers: preflight }),
      ])
        expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
      // Except for an upload with that name.
      const upload = { ...origin, 'Access-Control-Request-Method': 'PUT' };
      const allowed = await fetch(server.url + path, { method: 'OPTIONS', headers: upload });
      expect(allowed.headers.get('access-control-allow-origin')).toBe('*');
    },
  );

  test('with a token it requires the token', async () => {
    const guarded = await startMayfly({ env: { METRICS_TOKEN: 'a-token-for-tests' } });
    others.push(guarded);
    for (const authorization of [
      undefined,
      'Bearer wrong',
      'Bearer ',
      'Basic a-token-for-tests',
      'a-token-for-tests',
    ])
      await expectError(
        await metrics(guarded, authorization === undefined ? {} : { Authorization: authorization }),
        401,
      );
    const shown = { Authorization: 'Bearer a-token-for-tests', 'X-Forwarded-For': '198.51.100.1' };
    expect((await metrics(guarded, shown)).status).toBe(200);
  });

  test('without a token another machine is rejected, with any headers', async () => {
    const services = await createServices(
      readConfig({ DATA_DIR: temporaryDirectory('metrics') }),
      createLog('silent'),
    );
    try {
      const { handle } = createServer(services, () => 'http://localhost');
      const ask = (peer: string) =>
        handle(new Request('http://localhost/metrics', { headers: { Host: 'localhost' } }), peer);
      for (const peer of ['192.0.2.1', '10.0.0.1', '2001:db8::1', '::ffff:192.0.2.1', ''])
        await expectError(await ask(peer), 403);
      for (const peer of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
        expect((await ask(peer)).status).toBe(200);
    } finally {
      await services.close();
    }
  });
});
