import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { endWithRun } from '../../support/end-with-run.ts';

export type Remote = {
  url: string;
  /** The requested paths. */
  asked: string[];
  stop(): void;
};

/** The responses of a remote server, by path. */
const answers: Record<string, (response: ServerResponse) => void> = {
  '/photo.jpg': (response) => response.writeHead(200, { 'content-type': 'image/jpeg' }).end('a photo'),
  '/named': (response) =>
    response
      .writeHead(200, {
        'content-type': 'image/png',
        'content-disposition': 'attachment; filename="from header.png"',
      })
      .end('a picture'),
  '/untyped': (response) => response.writeHead(200).end('who knows'),
  '/': (response) =>
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 8 }).end('the root'),
  '/page.html': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>hi</h1>'),
  '/away': (response) => response.writeHead(302, { location: '/photo.jpg' }).end(),
  '/round': (response) => response.writeHead(302, { location: '/round' }).end(),
  '/missing': (response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('canary'),
  '/broken': (response) => response.writeHead(500).end('canary'),
  '/traversal': (response) =>
    response
      .writeHead(200, {
        'content-disposition': 'attachment; filename="../../etc/passwd"',
        'content-type': 'text/plain',
      })
      .end('x'),
  '/large.bin': (response) => {
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': 101 * 1024 * 1024,
    });
    response.write('x');
  },
  '/cut.bin': (response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': 200_000 });
    response.write('x'.repeat(150_000), () => setTimeout(() => response.destroy(), 50));
  },
  '/chunked.bin': (response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.write('x'.repeat(100_000));
    response.end('y'.repeat(100_000));
  },
};

/** A server on loopback with these responses. */
export async function startRemote(): Promise<Remote> {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const answer = answers[url] ?? answers['/missing'];
    answer?.(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const takeBack = endWithRun(() => server.closeAllConnections());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop() {
      takeBack();
      server.close();
      server.closeAllConnections();
    },
  };
}
