import { connect, createServer } from 'node:net';
import type { Running } from './processes.ts';

const readySeconds = 60;
const pollMilliseconds = 25;

/** A free port of the loopback. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}

/** Whether something accepts connections on a port of the loopback. */
export function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.on('connect', () => resolve(true));
  socket.on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** Waits for `isReady`. @throws with the program's output if it exits or takes too long */
export async function untilReady(
  name: string,
  running: Running,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + readySeconds * 1000;
  while (!(await isReady().catch(() => false))) {
    if (running.exitCode() !== null)
      throw new Error(`${name} ended with ${running.exitCode()}\n${running.output()}`);
    if (performance.now() > deadline)
      throw new Error(`${name} was not ready in ${readySeconds} s\n${running.output()}`);
    await Bun.sleep(pollMilliseconds);
  }
}
