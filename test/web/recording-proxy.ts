import { createServer, connect as dial, type Socket } from 'node:net';
import { endWithRun } from '../support/end-with-run.ts';

export type RecordingProxy = {
  url: string;
  /** All that went by on the way to the server. */
  sent(): Buffer;
  stop(): void;
};

/** A way to the server on `port` by which nothing goes unseen. */
export async function startRecordingProxy(port: number): Promise<RecordingProxy> {
  const open = new Set<Socket>();
  const chunks: Buffer[] = [];
  const server = createServer((client) => {
    const upstream = dial(port, '127.0.0.1');
    const close = () => {
      for (const socket of [client, upstream]) socket.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', close).on('close', close);
    }
    client.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const listening = typeof address === 'object' ? address?.port : undefined;
  const stop = () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  const forget = endWithRun(stop);
  return {
    url: `http://127.0.0.1:${listening}`,
    sent: () => Buffer.concat(chunks),
    stop() {
      forget();
      stop();
    },
  };
}
