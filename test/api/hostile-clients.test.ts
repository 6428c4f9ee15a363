import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { connect } from 'node:net';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { api, create, expectError, post, read, readJson, unknownId, upload } from './payloads/server.ts';
import { rawRequest, requestText } from './raw-request.ts';

setDefaultTimeout(60_000);

let server: MayflyProcess;
beforeAll(async () => {
  server = await startMayfly({ env: { RATE_LIMIT: '1000000' } });
});
afterAll(() => server.stop());

describe('odd requests', () => {
  test('without a valid Host are all answered in the same way, and counted', async () => {
    const limited = await startMayfly({ env: { RATE_LIMIT: '3' } });
    const { hash_id } = await create(limited);
    for (const host of ['Host: a b', 'Host: [', 'Host: a:99999', 'Host:']) {
      for (const method of ['GET', 'HEAD']) {
        const health = requestText([`${method} /healthz HTTP/1.1`, host, 'Connection: close']);
        expect([200, 400]).toContain((await rawRequest(server.url, health)).status);
        const target = `/raw/${unknownId}?x=://h/docs/`;
        const unknown = requestText([`${method} ${target} HTTP/1.1`, host, 'Connection: close']);
        const answer = await rawRequest(server.url, unknown);
        expect([404, 400]).toContain(answer.status);
        if (answer.status === 404) expect(answer.headers).toHaveProperty('x-ratelimit-remaining');
      }
      for (const [line, status] of [
        ['POST /?ttl=1h', 201],
        ['GET /f/none/file', 404],
        ['GET /signed/none/key?method=GET', 403],
      ] as const) {
        const lines = [`${line} HTTP/1.1`, host, 'Content-Length: 0', 'Connection: close'];
        const answer = await rawRequest(server.url, requestText(lines));
        expect([host, line, answer.status]).toEqual([host, line, status]);
      }
    }
    expect((await rawRequest(server.url, 'GET /healthz HTTP/1.0\r\n\r\n')).status).toBe(200);
    const around = requestText([
      `GET ${api}/${hash_id}?x=://h/docs/ HTTP/1.1`,
      'Host: a b',
      'Connection: close',
    ]);
    for (const status of [200, 200, 429]) expect((await rawRequest(limited.url, around)).status).toBe(status);
    await limited.stop();
  });

  test('duplicate headers are rejected or merged, and never smuggle a second request', async () => {
    const body = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const before = server.logs().length;
    const twice = [
      ['Content-Length: 1', `Content-Length: ${body.length}`],
      ['Transfer-Encoding: chunked', 'Content-Length: 5'],
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ];
    for (const headers of twice) {
      const lines = ['PUT /twice.txt HTTP/1.1', 'Host: localhost', ...headers];
      const answer = await rawRequest(server.url, requestText(lines, `0\r\n\r\n${body}`)).catch(
        () => undefined,
      );
      if (answer) expect(answer.status).toBeLessThan(500);
    }
    const marker = `marker-${crypto.randomUUID()}`;
    await read(server, unknownId, { 'X-Request-Id': marker });
    await waitFor('the log', () => server.logs().includes(marker));
    expect(server.logs().slice(before)).not.toContain('"status":500');
  });

  test('two delete tokens, two ranges or two keys do not bypass the rules', async () => {
    const { hash_id, delete_token = '' } = await create(server, { delete_token: true, content: 'abcdef' });
    const remove = requestText([
      `DELETE ${api}/${hash_id} HTTP/1.1`,
      ...['Host: localhost', 'Connection: close', 'X-Delete-Token: wrong', 'X-Delete-Token: wronger'],
    ]);
    expect((await rawRequest(server.url, remove)).status).toBe(403);
    const ranges = requestText([
      `GET /raw/${hash_id} HTTP/1.1`,
      ...['Host: localhost', 'Connection: close', 'Range: bytes=0-0', 'Range: bytes=1-1'],
    ]);
    expect([200, 206, 416]).toContain((await rawRequest(server.url, ranges)).status);
    const headers = { 'X-Delete-Token': delete_token };
    expect((await fetch(`${server.url}${api}/${hash_id}`, { method: 'DELETE', headers })).status).toBe(204);
  });

  test('enormous headers, names and queries are rejected, and the server continues', async () => {
    const enormous = 'a'.repeat(200_000);
    const requests = [
      requestText(['GET / HTTP/1.1', 'Host: localhost', `X-Large: ${enormous}`]),
      requestText([`GET /${enormous} HTTP/1.1`, 'Host: localhost']),
      requestText([`GET /?q=${enormous} HTTP/1.1`, 'Host: localhost']),
      requestText([
        'GET / HTTP/1.1',
        'Host: localhost',
        ...Array.from({ length: 5000 }, (_, n) => `X-${n}: ${n}`),
      ]),
    ];
    for (const request of requests) {
      // Closing the connection is also acceptable.
      const answer = await rawRequest(server.url, request).catch(() => ({ status: 400 }));
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    }
  });

  test('large headers of the APIs are rejected in the API’s shape, or ignored', async () => {
    const large = 'a'.repeat(5000);
    const put = (headers: Record<string, string>) =>
      fetch(`${server.url}/large.txt`, { method: 'PUT', headers, body: 'x' });
    for (const name of ['X-TTL', 'X-Max-Reads', 'Idempotency-Key', 'Content-Type'])
      await expectError(await put({ [name]: large }), 400);
    const { hash_id } = await create(server, { delete_token: true });
    const remove = { method: 'DELETE', headers: { 'X-Delete-Token': large } };
    await expectError(await fetch(`${server.url}${api}/${hash_id}`, remove), 403);
    expect((await read(server, hash_id, { 'If-None-Match': large })).status).toBe(200);
  });

  test('nested, huge or poisoned JSON is rejected, and the server continues', async () => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000);
    const bodies = [
      nested,
      `{"content":${nested},"mime_type":"text/plain"}`,
      `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
      `{"content":"x","mime_type":"text/plain","max_reads":${'9'.repeat(100_000)}}`,
      '{"content":"x","mime_type":"text/plain","ttl":1e999}',
      '{"content":"x","mime_type":"text/plain","ttl":-0}',
      '{"content":"x","mime_type":"text/plain","__proto__":{"max_reads":1}}',
      '{"__proto__":{"content":"x","mime_type":"text/plain"}}',
      '{"content":"x","mime_type":"text/plain","constructor":{"prototype":{"polluted":true}}}',
      '{"content":"x","mime_type":"text/plain","toString":null}',
    ];
    for (const body of bodies) await expectError(await post(server, body), 400);
    expect(await readJson(server, (await create(server)).hash_id)).toEqual({
      content: 'Hello, World!',
      mime_type: 'text/plain',
      expiry_time: expect.any(String),
    });
  });

  test('of duplicate fields the last one counts, as with JSON.parse, and both are checked', async () => {
    const response = await post(server, '{"content":"a","content":"b","mime_type":"text/plain"}');
    const { hash_id } = (await response.json()) as { hash_id: string };
    expect((await readJson(server, hash_id)).content).toBe('b');
  });
});

describe('guessing', () => {
  test('a wrong token is 403 and an unknown id 404, in one shape and with the same headers', async () => {
    const { hash_id } = await create(server, { delete_token: true });
    const answers: { headers: string[]; message: string }[] = [];
    for (const [id, status] of [
      [hash_id, 403],
      [unknownId, 404],
    ] as const) {
      const headers = { 'X-Delete-Token': 'guess' };
      const response = await fetch(`${server.url}${api}/${id}`, { method: 'DELETE', headers });
      const names = [...response.headers.keys()].sort();
      answers.push({ headers: names, message: await expectError(response, status) });
    }
    expect(answers[0]?.headers).toEqual(answers[1]?.headers ?? []);
    for (const { message } of answers) expect(message).not.toContain(hash_id);
  });

  test('a thousand guesses delete nothing', async () => {
    const { hash_id, delete_token = '' } = await create(server, { delete_token: true });
    const guesses = Array.from({ length: 1000 }, (_, index) => delete_token.slice(0, index % 27) + index);
    const statuses = await Promise.all(
      guesses.map(async (guess) => {
        const headers = { 'X-Delete-Token': guess };
        return (await fetch(`${server.url}${api}/${hash_id}`, { method: 'DELETE', headers })).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([403]));
    expect((await read(server, hash_id)).status).toBe(200);
  });

  test('ids are compared exactly', async () => {
    const { hash_id } = await create(server);
    const others = [
      hash_id.toUpperCase(),
      hash_id.slice(0, -1),
      `${hash_id}0`,
      `${hash_id}%00`,
      `${hash_id}%20`,
      `%20${hash_id}`,
      `${hash_id.slice(0, -1)}_`,
      `${hash_id.slice(0, -1)}%25`,
      `${hash_id.slice(0, -1)}*`,
    ];
    for (const id of others) {
      expect(id).not.toBe(hash_id);
      for (const path of [`${api}/${id}`, `/raw/${id}`, `/p/${id}`])
        await expectError(await fetch(server.url + path), 404);
    }
    expect((await read(server, hash_id)).status).toBe(200);
  });
});

describe('slow clients', () => {
  test('do not block others', async () => {
    const { port } = server;
    const sockets = Array.from({ length: 100 }, (_, index) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      // A third never ends its headers, a third never its body, a third never its form.
      const starts = [
        'GET / HTTP/1.1\r\nHost: local',
        'PUT /slow.bin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nfirst',
        'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n',
      ];
      socket.on('connect', () => socket.write(starts[index % 3] ?? ''));
      return socket;
    });
    await Promise.all(sockets.map((socket) => waitFor('the connection', () => socket.bytesWritten > 0)));
    const started = performance.now();
    for (let round = 0; round < 20; round += 1) {
      const { hash_id } = await create(server, { content: `round ${round}` });
      expect((await readJson(server, hash_id)).content).toBe(`round ${round}`);
    }
    expect(performance.now() - started).toBeLessThan(5000);
    for (const socket of sockets) socket.destroy();
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test('and readers that read nothing do not either', async () => {
    const id = await upload(server, new Uint8Array(8 * 1024 * 1024), { name: 'big.bin' });
    const sockets = Array.from({ length: 20 }, () => {
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.on('connect', () => socket.write(`GET /raw/${id} HTTP/1.1\r\nHost: localhost\r\n\r\n`));
      socket.once('readable', () => socket.pause());
      return socket;
    });
    await Promise.all(sockets.map((socket) => waitFor('the first bytes', () => socket.readableLength > 0)));
    const whole = await (await fetch(`${server.url}/raw/${id}`)).bytes();
    expect(whole.length).toBe(8 * 1024 * 1024);
    for (const socket of sockets) socket.destroy();
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});
