import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';

setDefaultTimeout(120_000);

const MiB = 1024 * 1024;
const KiB = 1024;

/** A request of which the test sends the body by itself. */
type Sending = {
  socket: Socket;
  answer: () => string;
  status: () => number | undefined;
  isClosed: () => boolean;
};

function send(port: number, head: string[], first: Uint8Array | string = ''): Sending {
  const socket = connect({ port, host: '127.0.0.1' });
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('connect', () => {
    socket.write([...head, 'Host: localhost', '', ''].join('\r\n'));
    socket.write(first);
  });
  return {
    socket,
    answer: () => received,
    status: () => (/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ? Number(received.slice(9, 12)) : undefined),
    isClosed: () => socket.destroyed,
  };
}

const post = (path: string, length: number, ...more: string[]) => [
  `POST ${path} HTTP/1.1`,
  `Content-Length: ${length}`,
  'Content-Type: application/json',
  ...more,
];

const put = (name: string, length: number, ...more: string[]) => [
  `PUT /${name} HTTP/1.1`,
  `Content-Length: ${length}`,
  ...more,
];

function residentMiB({ pid }: MayflyProcess): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

function cpuSeconds({ pid }: MayflyProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function expectServed(
  { url }: MayflyProcess,
  headers: Record<string, string> = {},
  content = 'others',
): Promise<void> {
  const created = await fetch(`${url}/api/v1/payloads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ content, mime_type: 'text/plain' }),
  });
  expect(created.status).toBe(201);
  const { hash_id } = (await created.json()) as { hash_id: string };
  expect(await (await fetch(`${url}/raw/${hash_id}`, { headers })).text()).toBe(content);
}

describe('memory', () => {
  let server: MayflyProcess;
  beforeAll(async () => {
    server = await startMayfly({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
    await expectServed(server);
  });
  afterAll(() => server.stop());

  test('stays within 256 MiB of idle under 200 slow bodies of 20 MiB, and everybody else is served', async () => {
    const idle = residentMiB(server);
    const length = 20 * MiB;
    // All together are over six times what there is for everybody, and an address may have a quarter of that.
    const first = Buffer.alloc(4 * MiB, 'x');
    first.write('{"content":"');
    const sendings = Array.from({ length: 200 }, () =>
      send(server.port, post('/api/v1/payloads', length, 'X-Forwarded-For: 192.0.2.1'), first),
    );
    let most = 0;
    await waitFor(
      'all but the address’s share to be refused',
      () => {
        most = Math.max(most, residentMiB(server));
        return sendings.filter(({ status }) => status() !== undefined).length >= 192;
      },
      { timeoutMs: 40_000 },
    );
    expect(sendings.find(({ status }) => status() === 429)?.answer()).toMatch(/\r\nretry-after: \d+\r\n/i);
    await expectServed(server, { 'x-forwarded-for': '192.0.2.2' });
    most = Math.max(most, residentMiB(server));
    expect(most - idle).toBeLessThan(256);
    for (const { socket } of sendings) socket.destroy();
    await waitFor('the memory to be given back', async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return /^mayfly_body_memory_bytes 0$/m.test(metrics);
    });
  });

  test.each([
    ['small bodies that never come', 4, 64, 64 * KiB, 0, 'small_body_memory', 16],
    ['bodies of 900 KiB, of which the rest never comes', 5, 36, 20 * MiB, 900 * KiB, 'body_memory', 127],
  ])('is not used up by %s', async (_, addresses, each, length, sent, budget, full) => {
    const idle = residentMiB(server);
    const first = Buffer.alloc(sent, 'x');
    first.write('{"content":"');
    const sendings = Array.from({ length: addresses * each }, (_, index) =>
      send(
        server.port,
        post('/api/v1/payloads', length, `X-Forwarded-For: 198.51.100.${index % addresses}`),
        first,
      ),
    );
    await waitFor('the bodies to be under way', () => sendings.every(({ socket }) => !socket.connecting));
    await expectServed(server, { 'x-forwarded-for': '192.0.2.4' });
    await waitFor('the memory to be used up', async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      const [, held] = new RegExp(`^mayfly_${budget}_bytes (\\d+)$`, 'm').exec(metrics) ?? [];
      return Number(held) >= full * MiB;
    });
    await expectServed(server, { 'x-forwarded-for': '192.0.2.4' });
    await expectServed(server, { 'x-forwarded-for': '192.0.2.4' }, 'x'.repeat(300 * KiB));
    expect(residentMiB(server) - idle).toBeLessThan(256);
    for (const { socket } of sendings) socket.destroy();
  });

  test.each([
    ['[', '['.repeat(20 * MiB)],
    ['objects', `[${'{},'.repeat(6 * MiB)}`],
    ['unique keys', `{${Array.from({ length: 1_200_000 }, (_, index) => `"${index}":0`).join()}}`],
  ])('and time are not used up by 20 MB of %s', async (_, bomb) => {
    const [idle, cpu] = [residentMiB(server), cpuSeconds(server)];
    const answer = await fetch(`${server.url}/api/v1/payloads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.3' },
      body: bomb,
    });
    expect(answer.status).toBe(400);
    // Reading and dropping the rest takes some time, too.
    expect(cpuSeconds(server) - cpu).toBeLessThan(0.5);
    expect(residentMiB(server) - idle).toBeLessThan(64);
  });
});

describe('room', () => {
  test('is not held by announcements of what does not come', async () => {
    const server = await startMayfly({ env: { MAX_STORAGE: '2GiB' } });
    const sizes = [512, 512, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1].map((size) => size * MiB);
    const sendings = [...sizes, ...[512, 256, 128, 64, 32, 16, 8].map((size) => size * KiB)].map(
      (size, index) => send(server.port, put(`f${index}.bin`, size), 'xx'),
    );
    await waitFor('the heads to be sent', () => sendings.every(({ socket }) => socket.bytesWritten > 2));
    const upload = await fetch(`${server.url}/other.bin`, { method: 'PUT', body: Buffer.alloc(3 * MiB) });
    expect(upload.status).toBe(201);
    for (const sending of sendings) expect(sending.status()).toBeUndefined();
    for (const { socket } of sendings) socket.destroy();
    await server.stop();
  });

  test('that is missing is told with Retry-After', async () => {
    const server = await startMayfly({ env: { MAX_STORAGE: '1MiB' } });
    const refused = await fetch(`${server.url}/big.bin`, { method: 'PUT', body: Buffer.alloc(2 * MiB) });
    expect(refused.status).toBe(507);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    // Not in peace: the rest of the body is still on its way.
    await server.kill();
  });
});

describe('uploads at once', () => {
  test('of one address are as many as the setting says, and others are let in', async () => {
    const server = await startMayfly({
      env: { MAX_UPLOADS_PER_CLIENT: '3', TRUSTED_PROXIES: '127.0.0.1' },
    });
    const upload = (index: number, client: string) =>
      send(server.port, put(`u${index}.bin`, 10 * MiB, `X-Forwarded-For: ${client}`), 'first');
    const own = [1, 2, 3, 4, 5].map((index) => upload(index, '192.0.2.1'));
    const other = upload(6, '192.0.2.2');
    await waitFor('two to be refused', () => own.filter(({ status }) => status() === 429).length === 2);
    expect(own.filter(({ status }) => status() === undefined)).toHaveLength(3);
    expect(other.status()).toBeUndefined();
    expect(own.find(({ status }) => status() === 429)?.answer()).toMatch(/\r\nretry-after: \d+\r\n/i);
    // A small one is over before it counts.
    const small = await fetch(`${server.url}/small`, {
      method: 'PUT',
      body: 'x',
      headers: { 'x-forwarded-for': '192.0.2.1' },
    });
    expect(small.status).toBe(201);
    for (const { socket } of [...own, other]) socket.destroy();
    await server.stop();
  });
});

describe.each(['bun', 'deno'] as const)('slow bodies on %s', (runtime) => {
  test('get 408 in the shape of their API after 30 seconds, and their connection closes', async () => {
    const server = await startMayfly({ runtime, readyWithinMs: 60_000 });
    const { port } = server;
    const silent = {
      payload: send(port, post('/api/v1/payloads', 1000), '{"conte'),
      largePayload: send(port, post('/api/v1/payloads', 10 * MiB), '{"conte'),
      upload: send(port, put('slow.bin', 10 * MiB), 'x'),
    };
    const form = send(
      port,
      ['POST /login HTTP/1.1', 'Content-Length: 100', 'Content-Type: application/x-www-form-urlencoded'],
      'claim=x',
    );
    const steady = send(port, put('steady.bin', 60 * KiB));
    // Deno says that it closes the connection, and leaves that to the client (2.9.6).
    const isCutOff = ({ isClosed, status }: Sending) =>
      status() === 408 && (isClosed() || runtime === 'deno');
    const dripping = setInterval(() => steady.socket.write(Buffer.alloc(3 * KiB)), 2000);
    await waitFor('the answers', () => Object.values(silent).every(isCutOff) && isCutOff(form), {
      timeoutMs: 45_000,
    });
    for (const { answer } of Object.values(silent)) {
      expect(answer()).toContain('{"error":"The request body came too slowly"}');
      expect(answer().toLowerCase()).toContain('\r\nconnection: close\r\n');
    }
    expect(form.answer()).toContain('text/html');
    await waitFor('the steady one to be stored', () => steady.status() === 201, { timeoutMs: 20_000 });
    clearInterval(dripping);
    for (const { socket } of [...Object.values(silent), form, steady]) socket.destroy();
    await server.stop();
  });
});

describe('descriptors', () => {
  const startWithFew = () =>
    startMayfly({ commandPrefix: ['bash', '-c', 'ulimit -n 256; exec "$@"', 'bash'] });

  test('that become scarce have requests refused with 503, until connections close', async () => {
    const server = await startWithFew();
    await expectServed(server);
    // Bun closes connections without a whole request after 12 seconds, and not earlier.
    const silent = Array.from({ length: 190 }, () => connect({ port: server.port, host: '127.0.0.1' }));
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

  test('are not held by bodies that nobody wants', async () => {
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
    // Clients that read no answer before they have sent everything get theirs.
    const large = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: 'x'.repeat(60 * MiB),
    };
    expect((await fetch(`${server.url}/api/v1/payloads`, large)).status).toBe(413);
    await server.stop();
  });

  test('that become scarce are taken from connections between requests, and from no request under way', async () => {
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
