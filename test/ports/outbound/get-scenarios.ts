import { gzipSync } from 'node:zlib';
import { serveBytes, serveHttp, serveSocket } from './remote-servers.ts';
import { failureTextOf, type OpenOutbound, openLoopback, type Scenario, textOf } from './scenario.ts';

const failed = 'remote_failed: The URL did not answer';
const brokeOff = 'remote_failed: The content of the URL broke off';
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The failure of a caller that reads a whole response of these bytes. */
async function failureOfBytes(open: OpenOutbound, text: string): Promise<string> {
  const port = await serveBytes(text);
  return failureTextOf(async () =>
    textOf((await openLoopback(open).get(`http://receiver.test:${port}/`)).chunks),
  );
}

/** A server with endless content, and how much of it was taken (bytes). */
async function serveEndlessly() {
  const state = { sent: 0, closed: false };
  const chunk = Buffer.alloc(64 * 1024);
  const port = await serveSocket(async (socket) => {
    socket.once('close', () => {
      state.closed = true;
    });
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n');
    while (!state.closed) {
      if (!socket.write(chunk))
        await new Promise<void>((resolve) => {
          socket.once('drain', resolve);
          socket.once('close', resolve);
        });
      state.sent += chunk.length;
    }
  });
  const untilClosed = async () => {
    for (let waited = 0; waited < 5000 && !state.closed; waited += 20) await sleep(20);
    return state.closed;
  };
  return { url: `http://receiver.test:${port}/`, state, untilClosed };
}

export const getScenarios: Scenario[] = [
  {
    name: 'content has its type, length and name',
    run: async (open) => {
      const port = await serveHttp((_, response) => {
        response.writeHead(200, {
          'content-type': 'text/plain; charset=utf-8',
          'content-length': 7,
          'content-disposition': `attachment; filename="a.txt"; filename*=UTF-8''na%C3%AFve.txt`,
        });
        response.end('content');
      });
      const { chunks, ...described } = await openLoopback(open).get(`http://receiver.test:${port}/file.bin`);
      return { ...described, text: await textOf(chunks) };
    },
    expected: { mediaType: 'text/plain; charset=utf-8', size: 7, name: 'naïve.txt', text: 'content' },
  },
  {
    name: 'the name comes from the path if no header has one, and may be missing',
    run: async (open) => {
      const port = await serveHttp((request, response) => {
        if (request.url?.startsWith('/bad'))
          response.setHeader('content-disposition', 'attachment; filename=');
        response.write('no length');
        response.end();
      });
      const taken: unknown[] = [];
      for (const path of ['/a/b%20c.txt?query=x', '/bad.txt', '/%ff', '/']) {
        const { chunks, name, size } = await openLoopback(open).get(`http://receiver.test:${port}${path}`);
        taken.push(name ?? null, size ?? null);
        await textOf(chunks);
      }
      return taken;
    },
    expected: ['b c.txt', null, 'bad.txt', null, '%ff', null, null, null],
  },
  {
    name: 'five redirects are followed, also relative ones, but not a sixth',
    run: async (open) => {
      const port = await serveHttp((request, response) => {
        const left = Number(request.url?.slice(1));
        if (left === 0) response.end('there');
        else
          response.writeHead([301, 302, 303, 307, 308][left % 5] ?? 302, { location: `${left - 1}` }).end();
      });
      const { chunks } = await openLoopback(open).get(`http://receiver.test:${port}/5`);
      const sixth = await failureTextOf(() => openLoopback(open).get(`http://receiver.test:${port}/6`));
      return [await textOf(chunks), sixth];
    },
    expected: ['there', 'remote_failed: The URL redirects too often'],
  },
  {
    name: 'any status except 2xx is a failure, and so is a redirect without a location',
    run: (open) =>
      Promise.all(
        [404, 500, 304, 302].map((s) => failureOfBytes(open, `HTTP/1.1 ${s} No\r\n\r\nsecret words`)),
      ),
    expected: [404, 500, 304, 302].map((status) => `remote_failed: The URL answered with status ${status}`),
  },
  {
    name: 'a content coding that was not requested is rejected',
    run: async (open) => {
      const port = await serveHttp((request, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync(`${request.headers['accept-encoding']}`));
      });
      return failureTextOf(() => openLoopback(open).get(`http://receiver.test:${port}/`));
    },
    expected: 'remote_failed: The URL answered in a content encoding that was not asked for',
  },
  {
    name: 'content that is shorter than announced is a failure, also in chunks',
    run: async (open) => [
      await failureOfBytes(open, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc'),
      await failureOfBytes(open, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
    ],
    expected: [brokeOff, brokeOff],
  },
  {
    name: 'a response that is not HTTP, or whose head is too large, is a failure',
    run: async (open) => [
      await failureOfBytes(open, 'SSH-2.0-OpenSSH_9.9\r\n'),
      await failureOfBytes(
        open,
        `HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(64 * 1024)}\r\nContent-Length: 0\r\n\r\n`,
      ),
    ],
    expected: [failed, failed],
  },
  {
    name: 'a server that never answers is abandoned',
    run: async (open) => {
      const port = await serveSocket(() => undefined);
      return failureTextOf(() =>
        openLoopback(open, { headTimeout: 200 }).get(`http://receiver.test:${port}/`),
      );
    },
    expected: failed,
  },
  {
    name: 'content that stalls or is too slow is abandoned',
    run: async (open) => {
      const port = await serveHttp((request, response) => {
        response.write('x');
        if (request.url === '/drip') {
          const drip = setInterval(() => response.write('x'), 20);
          response.once('close', () => clearInterval(drip));
        }
      });
      const outbound = openLoopback(open, { idleTimeout: 300, maxGetTime: 1000 });
      const read = (path: string) =>
        failureTextOf(async () => textOf((await outbound.get(`http://receiver.test:${port}${path}`)).chunks));
      const started = performance.now();
      const still = await read('/still');
      return [still, performance.now() - started < 900, await read('/drip')];
    },
    expected: [brokeOff, true, brokeOff],
  },
  {
    name: 'content is read on demand, at any pace, until the reader cancels',
    run: async (open) => {
      const { url, state, untilClosed } = await serveEndlessly();
      const { chunks } = await openLoopback(open, { idleTimeout: 200 }).get(url);
      let pulled = 0;
      for await (const _ of chunks) {
        pulled += 1;
        await sleep(500);
        if (pulled === 3) break;
      }
      // The system decides what the sockets of both ends buffer: a few MiB.
      return { pulled, isHeldBack: state.sent < 32 * 1024 * 1024, closed: await untilClosed() };
    },
    expected: { pulled: 3, isHeldBack: true, closed: true },
  },
  {
    name: 'the connection is closed if the content is not read',
    run: async (open) => {
      const { url, untilClosed } = await serveEndlessly();
      await openLoopback(open, { idleTimeout: 200 }).get(url);
      return untilClosed();
    },
    expected: true,
  },
  {
    name: 'closing content closes its connection, before and during reading',
    run: async (open) => {
      const ended: boolean[] = [];
      for (const isRead of [false, true]) {
        const { url, untilClosed } = await serveEndlessly();
        const { chunks, close } = await openLoopback(open).get(url);
        if (isRead) await chunks[Symbol.asyncIterator]().next();
        close();
        close();
        ended.push(await untilClosed());
      }
      return ended;
    },
    expected: [true, true],
  },
  {
    name: 'a forbidden URL is invalid and is not called',
    run: async (open) => {
      const urls = ['ftp://receiver.test/', 'http://user:secret@receiver.test/', 'receiver.test', ''];
      const failures = await Promise.all(urls.map((url) => failureTextOf(() => openLoopback(open).get(url))));
      return failures.map((text) => text.split(':')[0]);
    },
    expected: ['invalid', 'invalid', 'invalid', 'invalid'],
  },
];
