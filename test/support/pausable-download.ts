import { once } from 'node:events';
import { openSocket } from './piecewise-request.ts';

type Download = {
  /** Stops reading until `resume`, so that the sender has to wait. */
  pause(): void;
  resume(): void;
  breakOff(): void;
  /** The whole body; rejects for any status except 200. */
  body: Promise<Buffer>;
};

/** A download whose first bytes have arrived. */
export async function startDownload(port: number, path: string): Promise<Download> {
  const socket = await openSocket(port);
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(Buffer.from(piece)));
  const closed = once(socket, 'close');
  // HTTP/1.0 has no chunks: the bytes after the head are the body.
  socket.write(`GET ${path} HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await once(socket, 'data');
  const body = closed.then(() => {
    const answer = Buffer.concat(pieces);
    if (!/^HTTP\/1\.[01] 200 /.test(answer.subarray(0, 20).toString())) throw new Error(String(answer));
    return answer.subarray(answer.indexOf('\r\n\r\n') + 4);
  });
  body.catch(() => undefined);
  return {
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    breakOff: () => void socket.destroy(),
    body,
  };
}
