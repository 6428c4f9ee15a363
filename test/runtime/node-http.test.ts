import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { allKeys, bucketPath, type Client, newBucket, sharedClient } from '../api/buckets/client.ts';
import { type FileServer, startFileServer } from '../api/file-server.ts';
import { rawRequest, requestText } from '../api/raw-request.ts';
import { openBlobs } from '../support/open-blobs.ts';
import { connected, openSocket } from '../support/piecewise-request.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';

setDefaultTimeout(60_000);

await suiteWith(['node'], 'HTTP on Node', () => {
  let server: FileServer;
  let client: Client;
  beforeAll(async () => {
    server = await startFileServer({ runtime: 'node' });
    client = await sharedClient(server);
  });
  afterAll(() => server.stop());

  const host = () => `Host: 127.0.0.1:${server.port}`;
  const close = 'Connection: close';
  const statusOf = async (lines: string[], body = '') =>
    (await rawRequest(server.url, requestText(lines, body))).status;

  const putLines = (bucket: string, ...lines: string[]) => [
    `PUT ${bucketPath(bucket)}/objects/a HTTP/1.1`,
    host(),
    `Authorization: Bearer ${client.key}`,
    ...lines,
  ];

  test('a message whose end is ambiguous is 400, and stores nothing (RFC 9112, section 6.3)', async () => {
    const bucket = (await newBucket(client)).name;
    for (const lines of [
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Content-Length: 5', 'Content-Length: 6'],
      ['Content-Length: +5'],
      ['Content-Length: 5, 6'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding : chunked'],
      ['Content-Length: 5', ' folded: x'],
    ])
      expect([lines, await statusOf(putLines(bucket, ...lines, close), '0\r\n\r\n')]).toEqual([lines, 400]);
    expect(await allKeys(client, bucket)).toEqual([]);
  });

  test('a trailer section is dropped; a chunked body without its end stores nothing', async () => {
    const bucket = (await newBucket(client)).name;
    const chunked = putLines(bucket, 'Transfer-Encoding: chunked', close);
    const { socket } = await connected(server.port, requestText(chunked, '3\r\nabc\r\n0\r\n'));
    socket.end();
    await once(socket, 'close');
    expect(await allKeys(client, bucket)).toEqual([]);
    expect(await statusOf(chunked, '3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n')).toBe(201);
    expect(await allKeys(client, bucket)).toEqual(['a']);
  });

  test.each([
    ['two Host lines', 400, ['GET /healthz HTTP/1.1', 'Host: a', 'Host: b']],
    ['no Host line', 400, ['GET /healthz HTTP/1.1']],
    ['CONNECT with an authority', 400, ['CONNECT a:80 HTTP/1.1', 'Host: a:80']],
    ['an unknown method', 400, ['FOO / HTTP/1.1', 'Host: a']],
    ['a path that is not ASCII', 400, ['GET /\u00e9 HTTP/1.1', 'Host: a']],
    ['a long header', 431, ['GET / HTTP/1.1', 'Host: a', `X-Long: ${'x'.repeat(17_000)}`]],
    ['a long target', 431, [`GET /${'x'.repeat(17_000)} HTTP/1.1`, 'Host: a']],
    ['a long body', 413, ['PUT /a HTTP/1.1', 'Host: a', 'Content-Length: 999999999999']],
    ['an absolute target', 200, ['GET http://a/healthz HTTP/1.1', 'Host: a']],
    ['another scheme', 400, ['GET ftp://a/healthz HTTP/1.1', 'Host: a']],
    ['HTTP/2.0', 505, ['GET /healthz HTTP/2.0', 'Host: a']],
    ['HTTP/0.9', 505, ['GET /healthz']],
    [
      'a transfer coding besides chunked',
      501,
      ['PUT /a HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked'],
    ],
    ['an absolute target that is no URL', 400, ['GET http://[a/healthz HTTP/1.1', 'Host: a']],
  ] as const)('%s is %d', async (_, status, lines) => {
    expect(await statusOf([...lines, close])).toBe(status);
  });

  test('pipelined requests are all answered, in order', async () => {
    const { socket, received } = await connected(
      server.port,
      ['/healthz', '/unknown', '/readyz']
        .map((path) => requestText([`GET ${path} HTTP/1.1`, host()]))
        .join(''),
    );
    await waitFor('three answers', () => received().split('HTTP/1.1 ').length === 4);
    expect([...received().matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '200',
      '404',
      '200',
    ]);
    socket.destroy();
  });

  test('a pipelined request begins when those before it are answered', async () => {
    const stored = await fetch(`${server.url}/`, { method: 'POST', body: new Uint8Array(16 * 1024 * 1024) });
    const id = (await stored.text()).trim().split('/').at(-1);
    const socket = await openSocket(server.port);
    socket.pause();
    socket.write(requestText([`GET /raw/${id} HTTP/1.1`, host()]).repeat(10));
    await waitFor('an open file', () => openBlobs(server).length > 0);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(openBlobs(server)).toHaveLength(1);
    socket.destroy();
    await waitFor('no open file', () => openBlobs(server).length === 0);
  });

  test('a connection with many pipelined requests is closed', async () => {
    const { socket, received } = await connected(
      server.port,
      requestText(['GET /readyz HTTP/1.1', host()]).repeat(1000),
    );
    await once(socket, 'close');
    expect(received().split('HTTP/1.1 200').length - 1).toBeLessThan(1000);
  });

  test('Expect: 100-Continue, in any case, is answered before the body', async () => {
    const head = requestText(['PUT /a.txt HTTP/1.1', host(), 'Content-Length: 1', 'Expect: 100-Continue']);
    const { socket, received } = await connected(server.port, head);
    await waitFor('100 Continue', () => received().startsWith('HTTP/1.1 100'));
    socket.write('x');
    await waitFor('an answer', () => received().includes('HTTP/1.1 201'));
    socket.destroy();
  });

  test('HEAD has the length of GET, and no body', async () => {
    const answer = await rawRequest(server.url, requestText(['HEAD /openapi.json HTTP/1.1', host(), close]));
    const get = await rawRequest(server.url, requestText(['GET /openapi.json HTTP/1.1', host(), close]));
    expect([answer.status, answer.body]).toEqual([200, '']);
    expect(answer.headers['content-length']).toBe(get.headers['content-length'] ?? '');
    expect(Number(get.headers['content-length'])).toBe(get.body.length);
  });
});
