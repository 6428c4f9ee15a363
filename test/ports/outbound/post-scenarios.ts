import { serveBytes, serveHttp, serveSocket } from './remote-servers.ts';
import { fails, openLoopback, type Scenario } from './scenario.ts';

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export const postScenarios: Scenario[] = [
  {
    name: 'a POST has its headers and its body',
    run: async (open) => {
      const received: unknown[] = [];
      const port = await serveHttp(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        const { 'content-type': type, 'content-length': length, 'x-own': own } = request.headers;
        received.push(request.method, request.url, type, length, own, body);
        response.writeHead(202).end('answer');
      });
      const headers = { 'content-type': 'application/json', 'x-own': 'own' };
      const status = await openLoopback(open).post(
        `http://receiver.test:${port}/hook?a=b`,
        headers,
        '"ä"',
        2000,
      );
      return [status, ...received];
    },
    expected: [202, 'POST', '/hook?a=b', 'application/json', '4', 'own', '"ä"'],
  },
  {
    name: 'a redirect is a response and is not followed',
    run: async (open) => {
      let calls = 0;
      const port = await serveHttp((_, response) => {
        calls += 1;
        response.writeHead(307, { location: '/elsewhere' }).end();
      });
      return [await openLoopback(open).post(`http://receiver.test:${port}/`, {}, '{}', 2000), calls];
    },
    expected: [307, 1],
  },
  {
    name: 'an endless response is aborted after its status',
    run: async (open) => {
      let closed: () => void = () => undefined;
      const untilClosed = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const port = await serveSocket((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const more = setInterval(() => socket.write(`1000\r\n${'x'.repeat(0x1000)}\r\n`), 1);
        socket.once('close', () => {
          clearInterval(more);
          closed();
        });
      });
      const status = await openLoopback(open).post(`http://receiver.test:${port}/`, {}, '{}', 5000);
      await untilClosed;
      return status;
    },
    expected: 200,
  },
  {
    name: 'the status counts, even if the rest of the response never arrives or is cut off',
    run: async (open) => {
      const hanging = await serveSocket((socket) => {
        socket.write('HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n');
      });
      const breaking = await serveBytes('HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nx');
      const post = (port: number) => openLoopback(open).post(`http://receiver.test:${port}/`, {}, '{}', 5000);
      return [await post(hanging), await post(breaking)];
    },
    expected: [201, 201],
  },
  {
    name: 'a timeout is an error, on time, and closes the connection',
    run: async (open) => {
      let closed: () => void = () => undefined;
      const untilClosed = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const port = await serveSocket((socket) => void socket.once('close', closed));
      const took = await timeOf(async () => {
        if (!(await fails(() => openLoopback(open).post(`http://receiver.test:${port}/`, {}, '{}', 200))))
          throw new Error('it did not fail');
      });
      await untilClosed;
      return took < 2000;
    },
    expected: true,
  },
  {
    name: 'a lookup that hangs is aborted after the timeout',
    run: async (open) => {
      const outbound = open({ allowPrivate: true }, () => new Promise<string[]>(() => undefined));
      const took = await timeOf(async () => {
        if (!(await fails(() => outbound.post('http://receiver.test/', {}, '{}', 200))))
          throw new Error('it did not fail');
      });
      return took < 2000;
    },
    expected: true,
  },
  {
    name: 'a forbidden URL is not called',
    run: (open) => fails(() => openLoopback(open).post('ftp://receiver.test/', {}, '{}', 200)),
    expected: true,
  },
  {
    name: '16 concurrent calls each get the response to their own body',
    run: async (open) => {
      const port = await serveHttp(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        response.writeHead(200 + Number(body)).end();
      });
      const outbound = openLoopback(open);
      const calls = Array.from({ length: 16 }, (_, caller) =>
        outbound.post(`http://receiver.test:${port}/`, {}, String(caller), 5000),
      );
      return Promise.all(calls);
    },
    expected: Array.from({ length: 16 }, (_, caller) => 200 + caller),
  },
];
