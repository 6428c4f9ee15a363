import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectServed, MiB, post, put, type Sending, send } from './piecewise-bodies.ts';

setDefaultTimeout(120_000);

const KiB = 1024;

function residentMiB({ pid }: MayflyProcess): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

function cpuSeconds({ pid }: MayflyProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Bodies that are announced, sent in part, and never completed. */
const silentBodies = {
  ...{ addresses: 4, each: 64, length: 64 * KiB, sent: 0 },
  ...{ budget: 'small_body_memory', full: 16 },
};
const stalledBodies = {
  ...{ addresses: 5, each: 36, length: 20 * MiB, sent: 900 * KiB },
  ...{ budget: 'body_memory', full: 127 },
};

async function expectOthersServedUnder(
  server: MayflyProcess,
  { addresses, each, length, sent, budget, full }: typeof stalledBodies,
): Promise<void> {
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
}

// Node passes bodies on in chunks of 64 KiB, so that a body takes memory several times.
await suiteWith(['node'], 'memory on Node', () => {
  test('is not used up by bodies of 900 KiB, of which the rest never comes', async () => {
    const server = await startMayfly({ runtime: 'node', env: { TRUSTED_PROXIES: '127.0.0.1' } });
    await expectServed(server);
    await expectOthersServedUnder(server, stalledBodies);
    await server.stop();
  });
});

describe('memory', () => {
  let server: MayflyProcess;
  beforeAll(async () => {
    server = await startMayfly({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
    await expectServed(server);
  });
  afterAll(() => server.stop());

  test('stays within 256 MiB of idle under 200 slow bodies of 20 MiB, and other clients are served', async () => {
    const idle = residentMiB(server);
    const length = 20 * MiB;
    // Together they are over six times the total, and an address may use a quarter of the total.
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
        // A reset may overtake the response: a client that is still sending sees only a closed connection.
        return sendings.filter(({ status, isClosed }) => status() !== undefined || isClosed()).length >= 192;
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
    ['small bodies that never come', silentBodies],
    ['bodies of 900 KiB, of which the rest never comes', stalledBodies],
  ])('is not used up by %s', (_, bodies) => expectOthersServedUnder(server, bodies));

  test.each([
    { place: 'the blob store', inlineLimit: '64KiB', readers: 40 },
    // The uncompressed text of such a read is in memory too.
    { place: 'the database', inlineLimit: '16MiB', readers: 5 },
  ])(
    'is not used up by compressed responses that no client reads, of text in $place',
    async ({ inlineLimit, readers: count }) => {
      const server = await startMayfly({ env: { INLINE_LIMIT: inlineLimit } });
      const body = randomBytes(12 * MiB).toString('base64');
      const created = await fetch(`${server.url}/large.txt`, { method: 'PUT', body });
      const path = new URL((await created.text()).trim()).pathname.replace('/p/', '/raw/');
      const idle = residentMiB(server);
      const held = async () => {
        const metrics = await (await fetch(`${server.url}/metrics`)).text();
        return Number(/^mayfly_answer_memory_bytes (\d+)$/m.exec(metrics)?.[1]);
      };
      const readers = Array.from({ length: count }, () => {
        const socket = connect({ port: server.port, host: '127.0.0.1' });
        socket.on('error', () => undefined);
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: zstd\r\n\r\n`);
        return socket;
      });
      // Each response has begun, and no client has read more than its first bytes.
      await Promise.all(readers.map((socket) => once(socket, 'data').then(() => socket.pause())));
      expect(await held()).toBeGreaterThan(0);
      await expectServed(server);
      expect(residentMiB(server) - idle).toBeLessThan(256);
      for (const socket of readers) socket.destroy();
      await waitFor('the memory to be given back', async () => (await held()) === 0);
      await server.stop();
    },
  );

  test('is not used up by bodies that are parsed one after another', async () => {
    const idle = residentMiB(server);
    // A few bytes on the way; a character beyond Latin-1 makes the text take two bytes for each.
    const content = `ā${'a'.repeat(15 * MiB)}`;
    const body = gzipSync(JSON.stringify({ mime_type: 'text/plain', content }));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    let most = 0;
    for (let count = 0; count < 30; count += 1) {
      const answer = await fetch(`${server.url}/api/v1/payloads`, { method: 'POST', headers, body });
      expect(answer.status).toBe(413);
      most = Math.max(most, residentMiB(server) - idle);
    }
    expect(most).toBeLessThan(256);
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
    // Reading and dropping the rest also takes some time.
    expect(cpuSeconds(server) - cpu).toBeLessThan(0.5);
    expect(residentMiB(server) - idle).toBeLessThan(64);
  });
});

describe('room', () => {
  test('is not held by announced bodies that do not arrive', async () => {
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

  test('that is missing is reported with Retry-After', async () => {
    const server = await startMayfly({ env: { MAX_STORAGE: '1MiB' } });
    const refused = await fetch(`${server.url}/big.bin`, { method: 'PUT', body: Buffer.alloc(2 * MiB) });
    expect(refused.status).toBe(507);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    // The connection may be reset, because the rest of the body is still in flight.
    await server.kill();
  });
});

describe('uploads at once', () => {
  test('of one address are limited by the setting, and others are accepted', async () => {
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
    // A small one ends before it counts.
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

describe('slow bodies', () => {
  // At once, because each takes thirty seconds.
  test.concurrent.each(['bun', 'deno'] as const)(
    'on %s get 408 in the shape of their API after 30 seconds, and their connection closes',
    async (runtime) => {
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
      // Deno 2.9.6 announces that it closes the connection, and leaves that to the client.
      const isCutOff = ({ isClosed, status }: Sending) =>
        status() === 408 && (isClosed() || runtime === 'deno');
      const dripping = setInterval(() => steady.socket.write(Buffer.alloc(3 * KiB)), 2000);
      await waitFor('the answers', () => Object.values(silent).every(isCutOff) && isCutOff(form), {
        timeoutMs: 45_000,
      });
      for (const { answer } of Object.values(silent)) {
        expect(answer()).toContain('{"error":"The request body arrived too slowly"}');
        expect(answer().toLowerCase()).toContain('\r\nconnection: close\r\n');
      }
      expect(form.answer()).toContain('text/html');
      await waitFor('the steady one to be stored', () => steady.status() === 201, { timeoutMs: 20_000 });
      clearInterval(dripping);
      for (const { socket } of [...Object.values(silent), form, steady]) socket.destroy();
      await server.stop();
    },
    120_000,
  );
});
