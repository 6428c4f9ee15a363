import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

type RawAnswer = { status: number; headers: Map<string, string>; body: string };

/** A request on its own connection, whose bytes the test sends. */
export type RawRequest = {
  /** Sends a piece of the body, framed if the body is chunked. */
  send(bytes: Uint8Array): Promise<void>;
  /** Ends a chunked body. */
  finish(): Promise<void>;
  /** Closes the connection during the body. */
  breakOff(): void;
  /** The whole response; rejects if the connection ends without one. */
  answer: Promise<RawAnswer>;
};

export type RawRequestOptions = {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  /** The announced length; without it, the body is chunked. */
  contentLength?: number;
};

/** Opens a connection to a loopback port. @throws Error if it is refused */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

/** Sends the head of a request and leaves the body to the test. */
export async function startRequest(port: number, options: RawRequestOptions = {}): Promise<RawRequest> {
  const { method = 'PUT', path = '/file.bin', headers = {}, contentLength } = options;
  const socket = await openSocket(port);
  const answer = readAnswer(socket);
  // A test that aborts does not wait for the response.
  answer.catch(() => undefined);
  const isChunked = contentLength === undefined;
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${contentLength}`;
  const others = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const write = async (bytes: string | Uint8Array) => {
    if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  };
  await write(
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n${others.join('')}${framing}\r\n\r\n`,
  );
  return {
    answer,
    async send(bytes) {
      if (isChunked) await write(`${bytes.length.toString(16)}\r\n`);
      await write(bytes);
      if (isChunked) await write('\r\n');
    },
    finish: () => write('0\r\n\r\n'),
    breakOff: () => void socket.destroy(),
  };
}

async function readAnswer(socket: Socket): Promise<RawAnswer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(Buffer.from(piece)));
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return parseAnswer(Buffer.concat(pieces).toString('latin1'));
}

/** @throws Error for an incomplete head of a response */
function parseAnswer(text: string): RawAnswer {
  const [, status, lines = '', body = ''] =
    /^HTTP\/1\.1 (\d{3})[^\r]*\r\n([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(text) ?? [];
  if (status === undefined) throw new Error(`incomplete response: "${text.slice(0, 200)}"`);
  const headers = new Map<string, string>();
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(status), headers, body };
}

/** The id of an uploaded payload, from its share URL. */
export function uploadedId({ status, headers, body }: RawAnswer): string {
  const id = headers.get('location')?.split('/').pop();
  if (status !== 201 || !id) throw new Error(`the upload was answered ${status} ${body}`);
  return id;
}

/** A connection that sent this text, and the bytes that it received. */
export async function connected(
  port: number,
  text: string,
): Promise<{ socket: Socket; received: () => string }> {
  const socket = await openSocket(port);
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(text);
  return { socket, received: () => received };
}

/** Sends only the first byte of a body. @returns Whether the connection was closed */
export function beginBody(port: number, path: string): () => boolean {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n`;
  socket.on('connect', () => socket.write(`${head}x`));
  socket.resume();
  return () => socket.destroyed;
}
