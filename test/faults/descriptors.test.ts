import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { connect } from 'node:net';
import { startMayfly } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectServed, MiB, put, send } from './piecewise-bodies.ts';

setDefaultTimeout(120_000);

describe('descriptors', () => {
  const startWithFew = () =>
    startMayfly({ commandPrefix: ['bash', '-c', 'ulimit -n 256; exec "$@"', 'bash'] });

  test('that are scarce cause 503, until connections close', async () => {
    const server = await startWithFew();
    await expectServed(server);
    // Bun closes connections without a complete request after 12 seconds, not earlier.
    const silent = Array.from({ length: 200 }, () => connect({ port: server.port, host: '127.0.0.1' }));
    for (const socket of silent) socket.on('error', () => undefined);
    await waitFor('/readyz to say so', async () => {
      const answer = await fetch(`${server.url}/readyz`);
      const { descriptors } = (await answer.json()) as { descriptors?: string };
      return answer.status === 503 && descriptors === 'scarce';
    });
    const refused = await fetch(`${server.url}/raw/${'0'.repeat(32)}`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused.headers.get('connection')).toBe('close');
    expect(await refused.json()).toEqual({ error: 'The server has too many connections' });
    const inOtherShape = await fetch(`${server.url}/v1/account`);
    expect(((await inOtherShape.json()) as { error: { code: string } }).error.code).toBe('server_busy');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^mayfly_descriptors_scarce 1$/m);
    await waitFor('the log', () => server.logs().includes('"event":"descriptors_scarce"'));
    for (const socket of silent) socket.destroy();
    await waitFor('the server to be ready', async () => (await fetch(`${server.url}/readyz`)).status === 200);
    await expectServed(server);
    await server.stop();
  });

  test('are not held by bodies that are dropped', async () => {
    const server = await startMayfly();
    const unwanted = [
      [404, 'POST /no/such/path'],
      [401, 'POST /v1/buckets'],
      [413, 'POST /api/v1/payloads'],
      [200, 'GET /healthz'],
    ] as const;
    const sendings = unwanted.map(([, line]) =>
      send(
        server.port,
        [`${line} HTTP/1.1`, 'Content-Type: application/json', `Content-Length: ${400 * MiB}`],
        'x',
      ),
    );
    await waitFor('the connections to be closed', () => sendings.every(({ isClosed }) => isClosed()));
    expect(sendings.map(({ status }) => status())).toEqual(unwanted.map(([status]) => status));
    // Clients that send everything before they read get their response.
    const large = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: 'x'.repeat(60 * MiB),
    };
    expect((await fetch(`${server.url}/api/v1/payloads`, large)).status).toBe(413);
    await server.stop();
  });

  test('that are scarce are taken from idle connections, and not from requests in flight', async () => {
    const server = await startWithFew();
    const upload = send(server.port, put('slow.txt', 4), 'fi');
    const idle = Array.from({ length: 200 }, () => send(server.port, ['GET /healthz HTTP/1.1']));
    await waitFor('the idle connections to be closed', () => idle.every(({ isClosed }) => isClosed()));
    expect(idle.every(({ status }) => status() === 200)).toBe(true);
    await waitFor('the server to be ready', async () => (await fetch(`${server.url}/readyz`)).status === 200);
    await expectServed(server);
    expect(upload.isClosed()).toBe(false);
    upload.socket.write('ve');
    await waitFor('the upload to be stored', () => upload.status() === 201);
    upload.socket.destroy();
    await server.stop();
  });
});
