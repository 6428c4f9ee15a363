import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fromOutside } from './findings.ts';

setDefaultTimeout(120_000);

describe('an address', () => {
  test.each([
    ['a negative chunk', 'transfer-encoding: chunked\r\n\r\n-6\r\nxxxxxxxx', /^problem: status 200/],
    ['only interim responses', '\r\nHTTP/1.1 102 \r\n'.repeat(12_000), /without a response/],
  ])('that sends %s ends the checks', async (_, rest, found) => {
    const status = rest.startsWith('\r\n') ? '102 ' : '200 OK';
    const other = await startRawServer(() => `HTTP/1.1 ${status}\r\n${rest}`);
    expect((await fromOutside(other.url)).server).toMatch(found);
    other.stop();
  });

  test('may send other interim responses before its own', async () => {
    const own = 'HTTP/1.1 200 x\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n';
    const server = await startRawServer((method) =>
      method === 'POST'
        ? `HTTP/1.1 103 x\r\nlink: </a>\r\n\r\n${own}`
        : response(200, '{"Name":"Mayfly (x)","RequestURL":"http://x"}'),
    );
    expect((await fromOutside(server.url))['body size']).toBe('ok: bodies of 5.0 GiB reach the server');
    server.stop();
  });

  test('that describes an endless size gets a bounded number of requests', async () => {
    let requests = 0;
    const other = await startRawServer((method, path) => {
      requests += 1;
      if (method === 'POST') return response(413, 'too large');
      if (path === '/llms.txt') return response(200, `- Maximum size: ${'9'.repeat(400)} TiB\n`);
      return response(200, path === '/readyz' ? 'null' : '{"Name":"Mayfly (x)","RequestURL":"http://x"}');
    });
    const found = await fromOutside(other.url);
    expect(found['body size']).toBe(
      'skipped: the proxy refuses POST /healthz, with which the limit is found',
    );
    expect(found.readiness).toBeUndefined();
    expect(requests).toBeLessThan(50);
    other.stop();
  });
});

const response = (status: number, body: string) =>
  `HTTP/1.1 ${status} x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** A server that sends what no HTTP server would. */
async function startRawServer(answer: (method: string, path: string) => string) {
  const server = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .once('data', (head) => {
        const [method = '', path = ''] = head.toString('latin1').split(' ');
        socket.end(answer(method, path), 'latin1');
      }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}
