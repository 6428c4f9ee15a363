import { expect } from 'bun:test';
import { connect, type Socket } from 'node:net';
import type { MayflyProcess } from '../support/mayfly-process.ts';

export const MiB = 1024 * 1024;

/** A request whose body the test sends piece by piece. */
export type Sending = {
  socket: Socket;
  answer: () => string;
  status: () => number | undefined;
  isClosed: () => boolean;
};

export function send(port: number, head: string[], first: Uint8Array | string = ''): Sending {
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

export const post = (path: string, length: number, ...more: string[]) => [
  `POST ${path} HTTP/1.1`,
  `Content-Length: ${length}`,
  'Content-Type: application/json',
  ...more,
];

export const put = (name: string, length: number, ...more: string[]) => [
  `PUT /${name} HTTP/1.1`,
  `Content-Length: ${length}`,
  ...more,
];

/** Creates and reads a payload. */
export async function expectServed(
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
